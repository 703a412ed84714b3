import { describe, expect, it } from 'vitest';
import { someActor } from '../../../tests/support/findings';
import type { Micros } from '../base/brand';
import { microsFromCivil, MICROS_PER_DAY, MICROS_PER_HOUR } from '../base/time';
import { coverageLayout, mergeCoverage } from './coverage-strips.layout';
import { breadthDepthLayout } from './breadth-depth.layout';
import { laneLayout, massLayout } from './noise-timeline.layout';
import { brushFrom, exposureBands, nudgeBrush, timeScale } from './time-scale';

const FROM = microsFromCivil(2026, 3, 28);
const range = { fromUs: FROM, toUs: FROM + 2 * MICROS_PER_DAY };
const scale = timeScale(range, 100, 800);

describe('timeScale', () => {
  it('maps the ends of the range to the ends of the axis, and back', () => {
    expect(scale.x(range.fromUs)).toBe(100);
    expect(scale.x(range.toUs)).toBe(900);
    expect(scale.us(500)).toBe(FROM + MICROS_PER_DAY);
    expect(scale.x(range.toUs + MICROS_PER_DAY)).toBe(900);
  });

  it('puts ticks on round wall-clock times of the zone, also across a change of clocks', () => {
    for (const zone of ['UTC', 'Asia/Kolkata', 'Europe/Berlin']) {
      for (const tick of scale.ticks(zone)) {
        const minute = new Intl.DateTimeFormat('en', { timeZone: zone, minute: 'numeric' }).format(
          tick.us / 1000,
        );
        expect(minute, `${zone} ${tick.label}`).toBe('0');
      }
    }
    expect(scale.ticks('UTC').map((tick) => tick.label)).toContain('03-29');
  });

  it('says each second once where a case lasts only some', () => {
    const short = timeScale({ fromUs: FROM + 1e6, toUs: FROM + 4.6e6 }, 0, 900);
    expect(short.ticks('UTC').map((tick) => tick.label)).toEqual(['00:00:02', '00:00:03', '00:00:04']);
  });
});

describe('exposureBands', () => {
  const open = (openedUs: number, closedUs: number) => ({
    openedUs: openedUs as Micros,
    closedUs: closedUs as Micros,
  });

  it('merges what overlaps and runs to the edge where an end is not in the evidence', () => {
    const bands = exposureBands(
      [
        open(Number.NaN, FROM + 6 * MICROS_PER_HOUR),
        open(FROM + 3 * MICROS_PER_HOUR, FROM + 12 * MICROS_PER_HOUR),
      ],
      scale,
    );
    expect(bands).toEqual([{ x: 100, width: 200 }]);
  });

  it('draws nothing for an exposure outside the axis', () => {
    expect(exposureBands([open(FROM - 2 * MICROS_PER_DAY, FROM - MICROS_PER_DAY)], scale)).toEqual([]);
  });
});

describe('brushing', () => {
  it('takes a drag in either direction and ignores a click', () => {
    expect(brushFrom(scale, 700, 500)).toEqual(brushFrom(scale, 500, 700));
    expect(brushFrom(scale, 500, 501)).toBeNull();
  });

  it('moves and resizes by keyboard without leaving the range', () => {
    let brush = nudgeBrush(range, null, 'ArrowLeft', false);
    expect(brush?.fromUs).toBe(range.fromUs);
    for (let i = 0; i < 500; i++) brush = nudgeBrush(range, brush, 'ArrowRight', false);
    expect(brush?.toUs).toBe(range.toUs);
    const wider = nudgeBrush(range, { fromUs: FROM, toUs: FROM + MICROS_PER_HOUR }, 'ArrowRight', true);
    expect(wider?.fromUs).toBe(FROM);
    expect(wider?.toUs).toBeGreaterThan(FROM + MICROS_PER_HOUR);
  });
});

describe('noise timeline', () => {
  const timeline = {
    fromUs: FROM as Micros,
    binUs: MICROS_PER_DAY,
    bins: 2,
    series: [
      { name: 'c1', standing: 'noise' as const, counts: [99, 0] },
      { name: 'other noise', standing: 'noise' as const, counts: [0, 0] },
    ],
    lanes: [
      {
        actor: 'a',
        rung: 6 as const,
        marks: [0, 1e9].map((bytes) => ({
          atUs: FROM as Micros,
          endUs: FROM as Micros,
          bytes,
          kind: 'query',
          rows: { table: 'queries' as const },
        })),
      },
    ],
  };

  it('gives the whole height to the fullest bin and none to an empty one', () => {
    const { series, ticks, peak } = massLayout(timeline, scale, 10, 100);
    expect(peak).toBe(99);
    expect(series[0]?.path).toContain('100,10');
    expect(series[0]?.total).toBe(99);
    expect(ticks.map((tick) => tick.label)).toEqual(['1', '10']);
    expect(ticks[1]?.y).toBeCloseTo(110 - (Math.log(11) / Math.log(100)) * 100, 6);
  });

  it('draws more bytes as a larger mark', () => {
    const [lane] = laneLayout(timeline, scale, 0, 20);
    expect(lane?.marks.map((mark) => Math.round(mark.radius))).toEqual([3, 9]);
  });
});

describe('breadthDepthLayout', () => {
  it('draws noise as mass and never hides who succeeded', () => {
    const actors = [
      ...Array.from({ length: 500 }, (_, i) => someActor(`198.18.0.${i}`, { standing: 'noise' })),
      someActor('198.18.9.9', { standing: 'noise', succeeded: true, rung: 5 }),
      someActor('203.0.113.9', { standing: 'quiet', quietRank: 1, rung: 7 }),
    ];
    const { marks, masses } = breadthDepthLayout(actors, { left: 0, top: 0, width: 100, height: 80 });
    expect(marks.map((mark) => mark.actor)).toEqual(['198.18.9.9', '203.0.113.9']);
    expect(masses.reduce((sum, mass) => sum + mass.count, 0)).toBe(500);
    expect(marks[1]?.y).toBeLessThan(marks[0]?.y ?? 0);
  });
});

describe('mergeCoverage', () => {
  const strip = (source: string, day: number, ceiling: 3 | 6) => ({
    source,
    sourceId: day,
    asset: 'log-1',
    ceiling,
    heldOffAsset: true,
    trusted: true,
    stretches: [
      {
        fromUs: (FROM + day * MICROS_PER_DAY) as Micros,
        toUs: (FROM + (day + 1) * MICROS_PER_DAY) as Micros,
      },
    ],
    share: 0.5,
    longestSilenceUs: 0,
    fromUs: (FROM + day * MICROS_PER_DAY) as Micros,
    binUs: 12 * MICROS_PER_HOUR,
    bins: [day + 1, 7],
  });
  const strips = [strip('b', 1, 3), strip('a', 0, 3), strip('audit', 2, 6)];

  it('keeps the gaps of all files of a log that is told of as one', () => {
    const log = { ...strip('90 files', 0, 3), sourceIds: [0, 1, 2] };
    const gap = { source: 'c', asset: 'log-1', kind: 'silence' as const, p: 0.001, text: 'no rows' };
    const times = { fromUs: FROM as Micros, toUs: (FROM + MICROS_PER_HOUR) as Micros };
    const gaps = [2, 5].map((sourceId) => ({ ...gap, ...times, sourceId }));
    const merged = mergeCoverage([log, strip('other', 5, 3)]);
    expect(merged.map(({ source, sourceIds }) => [source, sourceIds])).toEqual([['4 sources', [0, 1, 2, 5]]]);
    const [drawn] = coverageLayout([log], gaps, scale, 0, 20);
    expect(drawn?.gaps).toHaveLength(1);
  });

  it('draws daily files of one kind as one strip and keeps other ceilings apart', () => {
    const merged = mergeCoverage(strips);
    expect(merged.map(({ source, share, ceiling }) => [source, share, ceiling])).toEqual([
      ['2 sources', 1, 3],
      ['audit', 0.5, 6],
    ]);
    expect(merged[0]?.stretches).toEqual([{ fromUs: FROM, toUs: FROM + 2 * MICROS_PER_DAY }]);
    expect([merged[0]?.fromUs, merged[0]?.bins]).toEqual([FROM, [1, 7, 2, 7]]);
  });

  it('keeps kinds apart that are told apart', () => {
    const merged = mergeCoverage(strips, ({ source }) => (source === 'b' ? 'sshd' : 'nginx'));
    expect(merged.map(({ source }) => source)).toEqual(['b', 'a', 'audit']);
    expect(mergeCoverage(strips, () => 'sshd')[0]?.source).toBe('2 files · sshd');
  });

  it('hatches the gaps of every file in it', () => {
    const gap = (sourceId: number, text: string) => ({
      ...{ source: '', sourceId, asset: 'log-1', kind: 'silence' as const, p: 0.001, text },
      fromUs: (FROM + sourceId * MICROS_PER_DAY) as Micros,
      toUs: (FROM + sourceId * MICROS_PER_DAY + MICROS_PER_HOUR) as Micros,
    });
    const gaps = [gap(0, 'first day'), gap(1, 'second day'), gap(2, 'of the audit log')];
    const [drawn] = coverageLayout(mergeCoverage(strips), gaps, scale, 0, 20);
    expect(drawn?.gaps.map(({ text }) => text)).toEqual(['first day', 'second day']);
  });
});
