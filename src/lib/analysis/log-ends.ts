import { greatest, least } from '../base/extremes';
import type { Micros } from '../base/brand';
import { median } from '../base/statistics';
import { formatUtc } from '../base/time';
import { formatDuration, plural } from '../base/units';
import type { Ground } from './context';
import type { CoverageFamily } from './coverage-families';
import { WHOLE_CASE } from './coverage-flows';
import type { SourceInfo } from './evidence';
import type { GapFinding } from './findings';

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
  return own.flatMap((family) => {
    const others = own.filter((other) => other !== family && other.format === family.format);
    if (others.length < FEWEST_OTHERS) return [];
    const begins = median(others.map((other) => spanOf(other).fromUs));
    const ends = median(others.map((other) => spanOf(other).toUs));
    const { fromUs, toUs } = spanOf(family);
    const silence = family.silenceUntil(ends - Math.max(0, begins - fromUs));
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
          `${family.label} about ${asset ?? 'no asset'} ends at ${formatUtc(toUs)}, ${formatDuration(silence.toUs - toUs)} before most of ${plural(others.length, 'other')} of its kind, ` +
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
