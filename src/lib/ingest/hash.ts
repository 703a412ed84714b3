import { createSHA256 } from 'hash-wasm';
import { lendBlocks } from './chunks';
import { HeldBytes, type ByteSource } from './held-bytes';

/**
 * Up to this size the platform's own digest is faster. It takes no file in pieces, and copies what it is given: of a larger file the two copies
 * are memory used for the first time, which may cost three times what the digest does, and a hasher that goes through blocks needs none.
 */
const AT_ONCE_BYTES = 1024 * 1024;

/** SHA-256 of the bytes as given (still compressed), as lower-case hex. Throws `Cancelled`. */
export async function sha256Of(
  blob: ByteSource,
  onProgress?: (bytesRead: number) => void,
  signal?: AbortSignal,
): Promise<string> {
  // Only a secure context has it: a page served over plain HTTP by another machine does without.
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  if (subtle && blob instanceof HeldBytes) return hexOf(await subtle.digest('SHA-256', blob.view()));
  const hasher = await hasherFor(blob.size, subtle);
  let bytesRead = 0;
  for await (const block of lendBlocks(blob, { signal })) {
    hasher.update(block);
    bytesRead += block.length;
    onProgress?.(bytesRead);
  }
  return hasher.digest();
}

interface Hasher {
  /** The bytes may be overwritten afterwards. */
  update(bytes: Uint8Array): void;
  digest(): Promise<string>;
}

async function hasherFor(size: number, subtle: SubtleCrypto | undefined): Promise<Hasher> {
  if (subtle && size <= AT_ONCE_BYTES) return wholeHasher(subtle, size);
  const hasher = (await createSHA256()).init();
  return {
    update: (bytes) => void hasher.update(bytes),
    digest: async () => hasher.digest('hex'),
  };
}

function wholeHasher(subtle: SubtleCrypto, size: number): Hasher {
  const whole = new Uint8Array(size);
  let length = 0;
  return {
    update(bytes) {
      whole.set(bytes, length);
      length += bytes.length;
    },
    async digest() {
      return hexOf(await subtle.digest('SHA-256', whole.subarray(0, length)));
    },
  };
}

function hexOf(digest: ArrayBuffer): string {
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
