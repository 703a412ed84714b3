import { MICROS_PER_MINUTE } from '../base/time';
import type { SourceInfo } from './evidence';

const PACKED = /\.(?:gz|bz2|xz|zst|zip|Z)$/;
/** logrotate's numbers, its `dateext`, the days of application servers and IIS, the seconds of Apache's rotatelogs. */
const NUMBER = /\.\d{1,4}$/;
const SECONDS = /[.-]\d{10}$/;
const DAY =
  /[._-]?(?:19|20)\d{2}(?:-\d{2}-\d{2}|\d{4}|_\d{2}_\d{2})(?:[T._-]?\d{2,6})?(?=\.|$)|(?<=^u_ex)\d{6,8}(?=\.|$)/;
const ADDRESS = /\d+\.\d+\.\d+\.\d+/;

/** A request is written when it has ended, under the time at which it began. */
const SEAM_US = 10 * MICROS_PER_MINUTE;

/**
 * What the parts of one rotated log share: its name without number, day and packing, in its folder. Names that hold an address are left as
 * they are: that is a machine's, and no number of a part.
 */
export function seriesName(name: string): string {
  const slash = name.lastIndexOf('/') + 1;
  const last = name.slice(slash);
  if (ADDRESS.test(last)) return name;
  const bare = last.replace(PACKED, '').replace(SECONDS, '').replace(NUMBER, '').replace(DAY, '');
  return bare === '' ? name : name.slice(0, slash) + bare;
}

/**
 * Sources that are parts of one rotated log *own*: alike in format and name, and following each other in time. Parts that tell of the same
 * hours may be the logs of two machines, and then none of that name is joined. Ones that stand alone are left out.
 */
export function rotatedLogs(sources: readonly SourceInfo[]): (readonly SourceInfo[])[] {
  const byName = new Map<string, SourceInfo[]>();
  for (const source of sources) {
    if (!Number.isFinite(source.firstUs)) continue;
    const key = JSON.stringify([source.format, seriesName(source.name)]);
    const parts = byName.get(key);
    if (parts) parts.push(source);
    else byName.set(key, [source]);
  }
  return [...byName.values()].filter((parts) => {
    parts.sort((a, b) => a.firstUs - b.firstUs);
    return parts.length > 1 && parts.every((part, i) => i === 0 || follows(parts[i - 1], part));
  });
}

function follows(before: SourceInfo, after: SourceInfo): boolean {
  return after.firstUs >= before.lastUs - SEAM_US;
}
