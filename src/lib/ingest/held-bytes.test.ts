import { expect, it } from 'vitest';
import { encodeUtf8 } from '../base/bytes';
import { lendBlocks } from './chunks';
import { sha256Of } from './hash';
import { HeldBytes, type ByteSource } from './held-bytes';

async function textOf(source: ByteSource, options: Parameters<typeof lendBlocks>[1]): Promise<string> {
  let text = '';
  for await (const block of lendBlocks(source, options)) text += new TextDecoder().decode(block);
  return text;
}

it('bytes in memory read and hash as the blob does that they come from', async () => {
  const text = Array.from({ length: 400 }, (_, i) => `line ${i}\n`).join('');
  const bytes = new Uint8Array(encodeUtf8(text));
  const [blob, held] = [new Blob([bytes]), new HeldBytes(bytes)];
  for (const options of [{}, { sliceBytes: 100 }, { startByte: 17, endByte: 300, sliceBytes: 64 }])
    expect(await textOf(held, options)).toBe(await textOf(blob, options));
  expect(await sha256Of(held)).toBe(await sha256Of(blob));
  expect(new Uint8Array(await held.slice(3, 9).arrayBuffer())).toEqual(bytes.slice(3, 9));
});
