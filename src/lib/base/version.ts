/**
 * The product's version, put in by the build. `development` where no build has been: Node runs the sources as they are, and knows the
 * version from package.json.
 */
export const VERSION: string =
  typeof __UNDERTONE_VERSION__ === 'undefined' ? 'development' : __UNDERTONE_VERSION__;
