import { createSHA256 } from 'hash-wasm';
import { readSlices } from './chunks';

/**
 * SHA-256 of the bytes as given (still compressed), as lower-case hex. Streaming: the platform's `crypto.subtle.digest` would need
 * the whole file in memory.
 */
export async function sha256Of(
  blob: Blob,
  onProgress?: (bytesRead: number) => void,
  signal?: AbortSignal,
): Promise<string> {
  const hasher = await createSHA256();
  hasher.init();
  let bytesRead = 0;
  for await (const slice of readSlices(blob, { signal })) {
    hasher.update(slice);
    bytesRead += slice.length;
    onProgress?.(bytesRead);
  }
  return hasher.digest('hex');
}
