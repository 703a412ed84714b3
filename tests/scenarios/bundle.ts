import { createHash } from 'node:crypto';
import { gzipSync } from 'fflate';
import type { Scenario } from './scenario';

export interface BundledFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What the page needs to know before it fetches the demonstration case. */
export interface DemoManifest {
  readonly synthetic: true;
  readonly name: string;
  readonly files: readonly {
    readonly name: string;
    /** Bytes as bundled, gzip. */
    readonly sizeBytes: number;
    readonly sha256: string;
    readonly plainBytes: number;
    readonly lines: number;
  }[];
}

const encoder = new TextEncoder();

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function json(value: unknown): Uint8Array {
  return encoder.encode(`${JSON.stringify(value, null, 1)}\n`);
}

/**
 * The files of static/demo. Compressed by a deflate in plain JavaScript with the time set to nothing: the platform's zlib gives
 * other bytes from one build to the next, and a bundle must be the same wherever it is made.
 */
export function bundleDemo(scenario: Scenario): BundledFile[] {
  const logs = scenario.files.map((file) => {
    const plain = encoder.encode(file.text);
    return { name: `${file.name}.gz`, plain, bytes: gzipSync(plain, { level: 9, mtime: 0 }) };
  });
  const manifest: DemoManifest = {
    synthetic: true,
    name: scenario.parameters.name ?? '',
    files: logs.map(({ name, plain, bytes }) => ({
      name,
      sizeBytes: bytes.length,
      sha256: sha256(bytes),
      plainBytes: plain.length,
      lines: plain.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0),
    })),
  };
  return [
    ...logs.map(({ name, bytes }) => ({ name, bytes })),
    { name: 'case.json', bytes: json(scenario.parameters) },
    { name: 'truth.json', bytes: json(scenario.truth) },
    { name: 'manifest.json', bytes: json(manifest) },
  ];
}
