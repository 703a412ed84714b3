import { describe, expect, it } from 'vitest';
import type { Micros, SourceId } from '../base/brand';
import type { StoredSource } from '../storage/stored';
import type { SequenceInfo } from '../tables/sequences';
import { fromStoredMeta, META_VERSION, toStoredMeta, type KeptSource } from './kept-source';

const SEQUENCE: SequenceInfo = {
  kind: 'windows',
  series: 1,
  records: 40,
  numbers: 40,
  missing: 2,
  breaks: 1,
  restarts: 0,
  scattered: 0,
  gaps: [{ name: 'DC1 Security', after: 7, before: 10, afterOffset: 700, beforeOffset: 800, line: 9 }],
  ends: [{ name: 'DC1 Security', first: 1, last: 42, firstOffset: 0, lastOffset: 4000 }],
};

const KEPT: KeptSource = {
  raw: {
    id: 1 as SourceId,
    name: 'events.json',
    sizeBytes: 10,
    lastModifiedMs: 0,
    sha256: 'aa',
    format: 'windows-json',
    formatLabel: 'Windows',
    container: 'none',
    records: 40,
    lines: 40,
    rejected: 0,
    rejectedSamples: [],
    rejectedByReason: {},
    skipped: {},
    notes: [],
    isCut: false,
    rows: { flows: 0, logins: 0, queries: 0, changes: 0 },
    sequences: [SEQUENCE],
    segments: [],
  },
  said: {},
};

function restored(meta: unknown): KeptSource {
  const { id, name, sizeBytes, sha256 } = KEPT.raw;
  const stored = { id, name, sizeBytes, sha256, metaVersion: META_VERSION, meta } as unknown as StoredSource;
  return fromStoredMeta(stored, []);
}

describe('what is kept of a source', () => {
  it('holds its record numbers, through a case file too', () => {
    expect(restored(toStoredMeta(KEPT)).raw.sequences).toEqual([SEQUENCE]);
    expect(restored(JSON.parse(JSON.stringify(toStoredMeta(KEPT)))).raw.sequences).toEqual([SEQUENCE]);
  });

  it('holds where its rows lie in time, so that they need not be looked at', () => {
    const range = { firstUs: 5 as Micros, lastUs: 7 as Micros };
    const kept: KeptSource = { ...KEPT, raw: { ...KEPT.raw, range } };
    expect(restored(JSON.parse(JSON.stringify(toStoredMeta(kept)))).raw.range).toEqual(range);
    const meta = toStoredMeta(KEPT) as Record<string, unknown>;
    for (const damaged of [
      undefined,
      null,
      5,
      {},
      { firstUs: '5', lastUs: 7 },
      { firstUs: null, lastUs: null },
    ])
      expect(restored({ ...meta, range: damaged }).raw.range).toBeUndefined();
  });

  it('says nothing of them where they are missing or not whole', () => {
    const meta = toStoredMeta(KEPT) as Record<string, unknown>;
    expect(restored({ ...meta, sequences: undefined }).raw.sequences).toBeUndefined();
    const damaged = [{ ...SEQUENCE, gaps: [{ name: 5 }] }, { ...SEQUENCE, numbers: 'many' }, null];
    expect(restored({ ...meta, sequences: damaged }).raw.sequences).toEqual([]);
  });
});
