import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bundleDemo, type DemoManifest } from './bundle';
import { buildDemo } from './demo';
import type { Truth } from './truth';

const FOLDER = 'static/demo';
const bundle = bundleDemo(buildDemo());

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('the bundled demonstration case', () => {
  it('is what the generator writes, byte for byte', () => {
    for (const { name, bytes } of bundle)
      expect(sha256(readFileSync(`${FOLDER}/${name}`)), name).toBe(sha256(bytes));
    const bundled = new Set(bundle.map((file) => file.name));
    expect(readdirSync(FOLDER).filter((name) => !bundled.has(name))).toEqual(['README.md']);
  });

  it('comes out the same when it is generated again', () => {
    const again = bundleDemo(buildDemo());
    expect(again.map(({ name, bytes }) => [name, sha256(bytes)])).toEqual(
      bundle.map(({ name, bytes }) => [name, sha256(bytes)]),
    );
  });

  it('has a manifest with the sizes and hashes of its log files, in a bundle of a few megabytes', () => {
    const manifest = JSON.parse(readFileSync(`${FOLDER}/manifest.json`, 'utf8')) as DemoManifest;
    expect(manifest.files).toHaveLength(bundle.length - 3);
    for (const file of manifest.files) {
      const bytes = readFileSync(`${FOLDER}/${file.name}`);
      expect([bytes.length, sha256(bytes)]).toEqual([file.sizeBytes, file.sha256]);
      expect(gunzipSync(bytes).length).toBe(file.plainBytes);
    }
    expect(manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0)).toBeLessThan(6_000_000);
  });

  it('uses only addresses that nobody owns', () => {
    const text = bundle
      .filter((file) => file.name.endsWith('.gz'))
      .map((file) => gunzipSync(file.bytes).toString())
      .join('');
    const owned = new Set<string>();
    for (const [address] of text.matchAll(/(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/g))
      if (
        !/^(10\.20|192\.0\.2|198\.51\.100|203\.0\.113|198\.1[89]|24[1-9]|250|0\.0\.0\.0)(\.|$)/.test(address)
      )
        owned.add(address);
    // A browser's version, four numbers with dots.
    expect([...owned]).toEqual(['108.0.0.0']);
  });

  it('tells the story of its truth file', () => {
    const truth = JSON.parse(readFileSync(`${FOLDER}/truth.json`, 'utf8')) as Truth;
    const verdict = (asset: string, service: string) =>
      truth.services.find((each) => each.asset === asset && each.service === service)?.verdict;
    expect(verdict('log-3', '9200/tcp')).toBe('queried');
    expect(verdict('log-5', '5601/tcp')).toBe('not queried within coverage');
    expect(verdict('log-2', '9200/tcp')).toBe('cannot tell');
    expect(truth.erased).toMatchObject([{ asset: 'log-3', actor: '203.0.113.77', conversations: 3 }]);
    expect(new Set(truth.exposure.map(({ opened, closed }) => `${opened} ${closed}`))).toEqual(
      new Set(['2026-02-20T09:47:12Z 2026-03-10T16:20:05Z']),
    );
  });
});
