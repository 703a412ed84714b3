import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SHARED_DATA } from '../../support/shared-data';
import { DIFFERENCES, type Difference } from '../differences';
import { compareRecord } from './compare';
import type { OurFile, OurRow } from './ours';
import type { PeerFile, PeerRecord } from './record';

interface Tally {
  records: number;
  withRows: number;
  fields: number;
  agreed: number;
  /** The same in fewer digits or another spelling. */
  alike: number;
  deliberate: number;
}

interface Disagreement {
  readonly format: string;
  readonly peer: string;
  readonly field: string;
  readonly where: string;
  /** Raw text of the record. */
  readonly line: string;
  readonly ours: string;
  readonly theirs: string;
}

/** Our rows of the record that the peer speaks of, and where it lies. */
function rowsOf(ours: OurFile, { at }: PeerRecord): { offset: number; rows: readonly OurRow[] } {
  if ('index' in at) {
    const offset = ours.rowAt[at.index]?.row.offset ?? -1;
    const row = ours.rowAt[at.index];
    return { offset, rows: row ? [row] : [] };
  }
  const { offset, after = offset } = at;
  const own = ours.rows.get(offset);
  if (own || !ours.without.get(offset)?.startsWith('continuation')) return { offset, rows: own ?? [] };
  // A record over several lines begins with a line that the peer leaves out: `# Time:` of a slow query.
  const start = [...ours.rows.keys()].filter((key) => key > after && key < offset).at(-1);
  return { offset, rows: ours.rows.get(start ?? -1) ?? [] };
}

/** What the record is counted as; of one over several lines, that of the first line that is counted. */
function kindOf(ours: OurFile, { at }: PeerRecord): string {
  if ('index' in at) return 'no row';
  const { offset, before = offset + 1 } = at;
  const start = [...ours.without.keys()].find((key) => key >= offset && key < before);
  return start === undefined ? 'no record begins there' : (ours.without.get(start) ?? '');
}

const isListed = (difference: Difference, found: Disagreement): boolean =>
  difference.format === found.format &&
  difference.peer === found.peer &&
  difference.field === found.field &&
  (difference.ours?.test(found.ours) ?? true) &&
  (difference.theirs?.test(found.theirs) ?? true) &&
  (difference.where?.test(found.where) ?? true) &&
  (difference.line?.test(found.line) ?? true) &&
  (difference.holds?.(found.ours, found.theirs) ?? true);

const share = (part: number, whole: number): number =>
  whole === 0 ? 100 : Math.floor((1e4 * part) / whole) / 100;

/** How far all records of a peer agree with ours, pair by pair, and what differs on purpose. */
export class Report {
  readonly tallies = new Map<string, Tally>();
  readonly unlisted: string[] = [];
  readonly #seen = new Map<Difference, number>();

  compare(ours: OurFile, file: PeerFile): void {
    const key = `${ours.format} / ${file.peer}`;
    const tally = this.tallies.get(key) ?? {
      records: 0,
      withRows: 0,
      fields: 0,
      agreed: 0,
      alike: 0,
      deliberate: 0,
    };
    this.tallies.set(key, tally);
    const lineAt = linesOf(file.path);
    for (const record of file.records) {
      tally.records += 1;
      const { offset, rows } = rowsOf(ours, record);
      const place = {
        format: ours.format,
        peer: file.peer,
        where: `${file.path}@${offset}`,
        line: lineAt(offset),
      };
      if (rows.length === 0) {
        this.#differ({
          ...place,
          field: 'row',
          ours: kindOf(ours, record),
          theirs: JSON.stringify(record.fields),
        });
        continue;
      }
      tally.withRows += 1;
      for (const { field, agrees, ours: our, theirs } of compareRecord(record.fields, rows)) {
        tally.fields += 1;
        const listed = agrees ? undefined : this.#differ({ ...place, field, ours: our, theirs });
        if (agrees) tally.agreed += 1;
        else if (listed?.isNotation) tally.alike += 1;
        else if (listed) tally.deliberate += 1;
      }
    }
  }

  /** The entry that lists the difference. */
  #differ(found: Disagreement): Difference | undefined {
    const listed = DIFFERENCES.find((difference) => isListed(difference, found));
    if (listed) this.#seen.set(listed, (this.#seen.get(listed) ?? 0) + 1);
    else
      this.unlisted.push(
        `${found.format} / ${found.peer} ${found.field}, ${found.where}: ours ${found.ours}, theirs ${found.theirs}`.slice(
          0,
          400,
        ),
      );
    return listed;
  }

  get gone(): string[] {
    return DIFFERENCES.filter((difference) => !this.#seen.has(difference)).map(
      ({ format, peer, field, reason }) => `${format} / ${peer} ${field}: ${reason}`,
    );
  }

  /** Both shares of each pair: of all fields, and of those that are not left out on purpose, at the coarser one's precision. */
  print(): void {
    console.table(
      Object.fromEntries(
        [...this.tallies].sort().map(([key, tally]) => [
          key,
          {
            ...tally,
            'all %': share(tally.agreed, tally.fields),
            'comparable %': share(tally.agreed + tally.alike, tally.fields - tally.deliberate),
          },
        ]),
      ),
    );
    const listed = [...this.#seen].filter(([{ field }]) => field !== 'row');
    for (const [{ format, peer, field, isNotation, reason }, count] of listed)
      console.log(
        `${isNotation ? 'alike' : 'deliberate'}: ${format} / ${peer} ${field} ${count}×: ${reason}`,
      );
  }
}

/** The raw text of a file's records, each as far as it is one line; empty in packed files. */
function linesOf(path: string): (offset: number) => string {
  if (/\.(?:gz|bz2|xz|zip|tar|tgz)$/.test(path)) return () => '';
  const bytes = readFileSync(resolve(SHARED_DATA, path));
  return (offset) => {
    const end = bytes.indexOf(10, offset);
    return offset < 0 ? '' : bytes.subarray(offset, end === -1 ? undefined : end).toString('utf8');
  };
}
