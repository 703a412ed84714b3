declare global {
  /** The version in package.json, put in by the build. */
  const __UNDERTONE_VERSION__: string;
  namespace App {}
}

export {};
