declare module 'kernel:*' {
  /** WebAssembly in base64. */
  const base64: string;
  export default base64;
}
