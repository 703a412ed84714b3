import { describe, expect, it } from 'vitest';
import { inPieces, joined } from './answer-parts';

describe('a long answer', () => {
  const ladder = Array.from({ length: 1_234 }, (_, rung) => ({ rung }));
  const gaps = Array.from({ length: 501 }, (_, sourceId) => ({ sourceId }));
  const answer = {
    ladder,
    actors: [{ actor: '203.0.113.9' }],
    integrity: { gaps, contradictions: [1] },
    totals: { flows: 3 },
  };

  it('goes over in pieces that a page can take in one after another, and is whole again behind them', () => {
    const { parts, rest } = inPieces(answer);
    expect(parts.map(({ path, items }) => [path.join('.'), items.length])).toEqual([
      ['ladder', 500],
      ['ladder', 500],
      ['ladder', 234],
      ['integrity.gaps', 500],
      ['integrity.gaps', 1],
    ]);
    expect(rest).toEqual({ ...answer, ladder: [], integrity: { gaps: [], contradictions: [1] } });
    expect(joined(rest, parts)).toEqual(answer);
  });

  it('is left alone where it is short or no record of lists', () => {
    for (const short of [{ actors: [1, 2] }, 'superseded', null, [...ladder]]) {
      const { parts, rest } = inPieces(short);
      expect(parts).toEqual([]);
      expect(joined(rest, parts)).toEqual(short);
    }
  });
});
