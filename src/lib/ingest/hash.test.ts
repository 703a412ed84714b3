import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { sha256Of } from './hash';
import { Cancelled } from './pace';

describe('sha256Of', () => {
  it('agrees with FIPS 180-4 and with Node, over several slices too', async () => {
    expect(await sha256Of(new Blob([]))).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    const bytes = Buffer.alloc(17_000_000, 'undertone');
    const progress: number[] = [];
    const found = await sha256Of(new Blob([bytes]), (bytesRead) => progress.push(bytesRead));
    expect(found).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(progress.at(-1)).toBe(bytes.length);
  });

  it('gives the same where the platform has no digest of its own', async () => {
    vi.stubGlobal('crypto', undefined);
    const bytes = Buffer.alloc(1_200_000, 'undertone');
    expect(await sha256Of(new Blob([bytes]))).toBe(createHash('sha256').update(bytes).digest('hex'));
    vi.unstubAllGlobals();
  });

  it('stops when it is cancelled', async () => {
    const signal = AbortSignal.abort();
    await expect(sha256Of(new Blob(['x']), undefined, signal)).rejects.toBeInstanceOf(Cancelled);
  });
});
