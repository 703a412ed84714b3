/** Inner loops that exist as WebAssembly too, compiled from `src/kernels`. */
export type KernelName = 'vpc-flow' | 'zeek-conn' | 'access-log' | 'sshd' | 'json-fields';

const modules = new Map<KernelName, WebAssembly.Module>();

/**
 * Gives the formats a kernel (its bytes in base64); they do without those that were not given, in Node for one. A module costs no time to warm
 * up, where a loop in JavaScript runs slowly in every fresh worker until it is compiled.
 */
export function provideKernel(name: KernelName, base64: string): void {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  // Fixed-width SIMD came to browsers between 2021 and 2023: an older one refuses the module, and reads without it.
  if (WebAssembly.validate(bytes)) modules.set(name, new WebAssembly.Module(bytes));
}

/** A source whose first block is smaller is read before a kernel has its memory. */
const LEAST_BYTES = 1 << 16;

/** The kernel for a source whose first block has so many bytes; undefined where TypeScript is to do it. */
export function kernelFor(name: KernelName, blockBytes: number): WebAssembly.Module | undefined {
  return blockBytes >= LEAST_BYTES ? modules.get(name) : undefined;
}
