import { greatest, least } from '../base/extremes';
import type { Micros } from '../base/brand';
import { lowerBound } from '../base/statistics';
import { formatUtc } from '../base/time';
import { formatDuration, plural } from '../base/units';
import type { Ground } from './context';
import type { CoverageFamily } from './coverage-families';
import { WHOLE_CASE } from './coverage-flows';
import type { SourceInfo } from './evidence';
import type { GapFinding } from './findings';

/** Where the logs of one format begin and end, ascending. */
interface Kind {
  readonly begins: number[];
  readonly ends: number[];
}

/** Others of its kind from which it is read when such a log ends. */
const FEWEST_OTHERS = 2;

/**
 * Machines' own logs that end while most others of their kind run on *own*, for longer than their own rate explains. Who may erase a log
 * cuts its end as easily as its middle, and an end leaves no silence between two rows. The others say until when such logs were collected:
 * the median of their ends, moved by how much earlier than theirs this log begins, since a clock that is off moves both. What no other log
 * of its kind outlasts may simply have been collected then.
 */
export function findEarlyEnds(
  ground: Ground,
  families: readonly CoverageFamily[],
  infos: ReadonlyMap<number, SourceInfo>,
): GapFinding[] {
  const own = families.filter((family) => isOfOneMachine(family, infos));
  const spans = new Map(own.map((family) => [family, spanOf(family)]));
  const kinds = new Map<string, Kind>();
  for (const [{ format }, { fromUs, toUs }] of spans) {
    const kind = kinds.get(format) ?? { begins: [], ends: [] };
    kind.begins.push(fromUs);
    kind.ends.push(toUs);
    kinds.set(format, kind);
  }
  for (const { begins, ends } of kinds.values()) for (const values of [begins, ends]) values.sort(ascending);
  return [...spans].flatMap(([family, { fromUs, toUs }]) => {
    const kind = kinds.get(family.format) as Kind;
    const others = kind.ends.length - 1;
    if (others < FEWEST_OTHERS) return [];
    const begins = medianWithout(kind.begins, fromUs);
    const ends = medianWithout(kind.ends, toUs);
    const untilUs = ends - Math.max(0, begins - fromUs);
    const silence = untilUs > toUs ? family.silenceUntil(untilUs) : null;
    if (!silence || !(silence.p < ground.thresholds.gapProbability)) return [];
    const asset = ground.assets.names[family.asset] ?? null;
    const last = family.cells.reduce((latest, cell) => (cell.lastUs > latest.lastUs ? cell : latest));
    const rows = plural(Math.round(silence.expected), 'row');
    return [
      {
        source: infos.get(last.source)?.name ?? '',
        sourceId: last.source,
        asset,
        kind: 'silence',
        fromUs: toUs as Micros,
        toUs: silence.toUs as Micros,
        p: silence.p,
        text:
          `${family.label} about ${asset ?? 'no asset'} ends at ${formatUtc(toUs)}, ${formatDuration(silence.toUs - toUs)} before most of ${plural(others, 'other')} of its kind, ` +
          `where about ${rows} were to be expected (corrected p = ${silence.p.toPrecision(2)}): collected earlier, switched off, or cut.`,
      },
    ];
  });
}

/** Flow logs speak of many machines, and the end of their traffic is not the end of a log; so do trails. */
function isOfOneMachine({ asset, cells }: CoverageFamily, infos: ReadonlyMap<number, SourceInfo>): boolean {
  return (
    asset !== WHOLE_CASE &&
    cells.every(({ source, stream, asset: of }) => infos.get(source)?.rows.flows === 0 && stream.asset === of)
  );
}

function spanOf({ cells }: CoverageFamily): { fromUs: number; toUs: number } {
  return {
    fromUs: least(cells.map(({ firstUs }) => firstUs)),
    toUs: greatest(cells.map(({ lastUs }) => lastUs)),
  };
}

const ascending = (a: number, b: number): number => a - b;

/** The median of ascending values once one of them is taken out. */
function medianWithout(values: readonly number[], value: number): number {
  const out = lowerBound(values, value);
  const at = (place: number): number => values[place < out ? place : place + 1] as number;
  const left = values.length - 1;
  return (at((left - 1) >> 1) + at(left >> 1)) / 2;
}
