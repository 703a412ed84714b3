/// <reference lib="webworker" />
/** Reads a stretch of a file and touches one byte of each piece: the rate that no parser in a worker can beat. */
const SLICE = 16 * 1024 * 1024;
/** What one buffer takes from a stream, over and over. */
const BLOCK = 512 * 1024;

export interface ReadOnlyRequest {
  readonly file: Blob;
  readonly from: number;
  readonly to: number;
  /** Fresh slices through FileReaderSync, or one buffer filled from a byte stream. */
  readonly way: 'slices' | 'stream';
}

function bySlices(file: Blob, from: number, to: number): number {
  const reader = new FileReaderSync();
  let touched = 0;
  for (let at = from; at < to; at += SLICE) {
    const bytes = new Uint8Array(reader.readAsArrayBuffer(file.slice(at, Math.min(to, at + SLICE))));
    touched += bytes[0] ?? 0;
  }
  return touched;
}

async function byStream(file: Blob, from: number, to: number): Promise<number> {
  const reader = file.slice(from, to).stream().getReader({ mode: 'byob' });
  let buffer = new ArrayBuffer(BLOCK);
  let touched = 0;
  for (;;) {
    const { value, done } = await reader.read(new Uint8Array(buffer));
    if (done || !value) return touched;
    touched += value[0] ?? 0;
    buffer = value.buffer;
  }
}

self.onmessage = async (event: MessageEvent<ReadOnlyRequest>) => {
  const { file, from, to, way } = event.data;
  self.postMessage(way === 'slices' ? bySlices(file, from, to) : await byStream(file, from, to));
};
self.postMessage('started');
