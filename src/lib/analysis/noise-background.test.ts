import { describe, expect, it } from 'vitest';
import { at, EvidenceMaker, groundOf, type SourceMaker } from '../../../tests/support/evidence';
import { VERDICT } from '../tables/schemas';
import type { Sign } from './findings';
import { findNoise } from './noise';
import type { CaseParameters } from './parameters';
import { selectRows } from './row-query';

const OPENED = at('2015-03-02T10:00:00Z');
const OPEN = '10.0.0.1';
const ALSO_OPEN = '10.0.0.4';
const NEVER = '10.0.0.2';
const BOT = '203.0.113.1';
const CASE: CaseParameters = {
  ownNetworks: ['10.0.0.0/8'],
  exposure: [OPEN, ALSO_OPEN].map((asset) => ({
    ...{ asset, port: 9200, proto: 'tcp' as const },
    opened: '2015-03-02T10:00:00Z',
    closed: '2015-03-03T10:00:00Z',
  })),
};

let ports = 40_000;

function call(source: SourceMaker, hours: number, actor: string, asset: string, verdict: number): void {
  const startUs = OPENED + hours * 3_600e6;
  const row = { startUs, endUs: startUs, protocol: 6, srcPackets: 5, verdict };
  ports += 1;
  source.flow({ ...row, srcAddr: actor, srcPort: ports, dstAddr: asset, dstPort: 9200, srcBytes: 300 });
  if (verdict === VERDICT.accept)
    source.flow({ ...row, srcAddr: asset, srcPort: 9200, dstAddr: actor, dstPort: ports, srcBytes: 900 });
}

/** The signs of one actor in flows that `write` gives, beside one that is let in, so that the export is seen to show answers. */
function signsOf(
  write: (source: SourceMaker) => void,
  { actor = BOT, parameters = CASE }: { actor?: string; parameters?: CaseParameters } = {},
): { signs: Record<string, Sign>; rowsOf: (sign: string) => number } {
  const maker = new EvidenceMaker();
  const source = maker.source({ format: 'vpc-flow' });
  call(source, 1, '198.51.100.77', OPEN, VERDICT.accept);
  write(source);
  const evidence = maker.make();
  const bench = groundOf(evidence, parameters);
  const found = findNoise(bench).signsOf(bench.ground.actors.texts.indexOf(actor));
  const signs = Object.fromEntries(found.map((sign) => [sign.sign, sign]));
  const { assets, actors, thresholds } = bench.ground;
  return {
    signs,
    rowsOf: (sign) => selectRows(evidence, { assets, actors, thresholds }, signs[sign]!.rows!).length,
  };
}

describe('calls to assets that were never exposed', () => {
  it('count each asset once, whenever it was called, and open the calls', () => {
    const { signs, rowsOf } = signsOf((source) => {
      call(source, -5, BOT, NEVER, VERDICT.reject);
      call(source, 5, BOT, NEVER, VERDICT.reject);
      call(source, 40, BOT, '10.0.0.3', VERDICT.reject);
      call(source, 5, BOT, OPEN, VERDICT.accept);
    });
    expect(signs['never-exposed']).toMatchObject({ value: 2, weight: 1.5 });
    expect(signs['never-exposed']!.text).toBe(
      'it called 2 assets that were never exposed, and was turned away',
    );
    expect(rowsOf('never-exposed')).toBe(3);
    // The same calls are not held against it a second time.
    expect(signs['background-before']).toBeUndefined();
  });

  it('are none where a rule let strangers in, though nothing answered', () => {
    const { signs } = signsOf((source) => {
      const startUs = OPENED + 3_600e6;
      const unanswered = { startUs, endUs: startUs, protocol: 6, srcPackets: 1, verdict: VERDICT.accept };
      for (let i = 0; i < 3; i++)
        source.flow({
          ...{ ...unanswered, srcBytes: 40, dstAddr: NEVER, dstPort: 9200 },
          ...{ srcAddr: `198.18.${i}.9`, srcPort: 50_000 },
        });
      call(source, 2, BOT, NEVER, VERDICT.reject);
    });
    expect(signs['never-exposed']).toBeUndefined();
  });

  it('are no sign in one of our own machines', () => {
    const { signs } = signsOf((source) => call(source, 1, '10.0.0.9', NEVER, VERDICT.reject), {
      actor: '10.0.0.9',
    });
    expect(signs['never-through'] ?? signs['never-exposed']).toBeUndefined();
  });

  it('set nobody apart where nothing was exposed, and only from as many assets on as the case says', () => {
    const write = (source: SourceMaker): void => call(source, 1, BOT, NEVER, VERDICT.reject);
    const two = { ...CASE, thresholds: { neverExposedAssets: 2 } };
    expect(signsOf(write, { parameters: two }).signs['never-exposed']).toBeUndefined();
    const known = { knownActors: [{ actor: '198.51.100.77', label: 'office' }] };
    const nothing = signsOf(write, { parameters: { ownNetworks: ['10.0.0.0/8'], ...known } });
    expect(nothing.signs['never-through']).toBeDefined();
    expect(nothing.signs['never-exposed']).toBeUndefined();
  });
});

describe('calls from before the exposure', () => {
  it('are a sign where they were turned away and none got through by then', () => {
    const turnedAway = signsOf((source) => {
      call(source, -2, BOT, OPEN, VERDICT.reject);
      call(source, 2, BOT, OPEN, VERDICT.accept);
    });
    expect(turnedAway.signs['background-before']).toMatchObject({ value: 1, weight: 1.5 });
    expect(turnedAway.rowsOf('background-before')).toBe(1);
    const letIn = signsOf((source) => {
      call(source, -2, BOT, OPEN, VERDICT.accept);
      call(source, -1, BOT, ALSO_OPEN, VERDICT.reject);
    });
    expect(letIn.signs['background-before']).toBeUndefined();
    const late = signsOf((source) => call(source, 2, BOT, OPEN, VERDICT.reject));
    expect(late.signs['background-before']).toBeUndefined();
  });
});

describe('being turned away', () => {
  const calls =
    (rejected: number, accepted: number) =>
    (source: SourceMaker): void => {
      for (let i = 0; i < rejected; i++) call(source, 2 + i, BOT, OPEN, VERDICT.reject);
      for (let i = 0; i < accepted; i++) call(source, 12 + i, BOT, OPEN, VERDICT.accept);
    };

  it('is a sign from three sessions and half of all on', () => {
    expect(signsOf(calls(3, 3)).signs['turned-away']).toMatchObject({ value: 0.5, weight: 1 });
    expect(signsOf(calls(3, 3)).rowsOf('turned-away')).toBe(3);
    expect(signsOf(calls(2, 1)).signs['turned-away']).toBeUndefined();
    expect(signsOf(calls(3, 4)).signs['turned-away']).toBeUndefined();
  });

  it('gives way to the stronger sign where nothing was ever answered', () => {
    const { signs } = signsOf(calls(4, 0));
    expect(signs['turned-away']).toBeUndefined();
    expect(signs['never-through']).toMatchObject({ value: 4 });
  });
});
