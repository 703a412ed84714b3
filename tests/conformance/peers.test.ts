import { describe, expect, it } from 'vitest';
import { DIFFERENCES, type Difference } from './differences';
import { compareRecord } from './peers/compare';
import { crowdsecFiles } from './peers/crowdsec';
import { filebeatFiles } from './peers/filebeat';
import { sharedFiles } from './peers/files';
import { otherFormFiles } from './peers/own-formats';
import { UNRECOGNIZED } from './unrecognized';
import { readOurs, type OurFile, type OurRow } from './peers/ours';
import type { PeerFile, PeerRecord } from './peers/record';

interface Tally {
  records: number;
  withRows: number;
  fields: number;
  agreed: number;
  deliberate: number;
}

interface Disagreement {
  readonly format: string;
  readonly peer: string;
  readonly field: string;
  readonly where: string;
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
  (difference.where?.test(found.where) ?? true);

class Report {
  readonly tallies = new Map<string, Tally>();
  readonly unlisted: string[] = [];
  readonly #seen = new Set<Difference>();

  compare(ours: OurFile, file: PeerFile): void {
    const key = `${ours.format} / ${file.peer}`;
    const tally = this.tallies.get(key) ?? { records: 0, withRows: 0, fields: 0, agreed: 0, deliberate: 0 };
    this.tallies.set(key, tally);
    for (const record of file.records) {
      tally.records += 1;
      const { offset, rows } = rowsOf(ours, record);
      const place = { format: ours.format, peer: file.peer, where: `${file.path}@${offset}` };
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
        if (agrees) tally.agreed += 1;
        else if (this.#differ({ ...place, field, ours: our, theirs })) tally.deliberate += 1;
      }
    }
  }

  /** Whether the difference is a deliberate one. */
  #differ(found: Disagreement): boolean {
    const listed = DIFFERENCES.find((difference) => isListed(difference, found));
    if (listed) this.#seen.add(listed);
    else
      this.unlisted.push(
        `${found.format} / ${found.peer} ${found.field}, ${found.where}: ours ${found.ours}, theirs ${found.theirs}`.slice(
          0,
          400,
        ),
      );
    return listed !== undefined;
  }

  get gone(): string[] {
    return DIFFERENCES.filter((difference) => !this.#seen.has(difference)).map(
      ({ format, peer, field, reason }) => `${format} / ${peer} ${field}: ${reason}`,
    );
  }

  print(): void {
    console.table(
      Object.fromEntries(
        [...this.tallies].sort().map(([key, tally]) => [
          key,
          {
            ...tally,
            'share %': tally.fields === 0 ? 100 : Math.floor((1e4 * tally.agreed) / tally.fields) / 100,
          },
        ]),
      ),
    );
  }
}

describe('what other programs make of the same files', () => {
  const paths = sharedFiles();
  if (paths.length === 0) console.log('conformance: 0 files, the shared data is not here');

  it.skipIf(paths.length === 0)(
    'is what we make of them, but for the differences that are listed with their reasons',
    async () => {
      const report = new Report();
      const unread: string[] = [];
      const files = [...filebeatFiles(paths), ...crowdsecFiles(paths), ...otherFormFiles(paths)];
      for (const file of files.filter(({ records }) => records.length > 0)) {
        const ours = await readOurs(file.path);
        if (ours) report.compare(ours, file);
        else unread.push(file.path);
      }
      report.print();
      for (const difference of report.unlisted) console.log(`not listed: ${difference}`);
      expect(report.unlisted).toEqual([]);
      // Each of them has its reason in unrecognized.ts; accounting.test.ts holds the list to all files.
      expect(unread.filter((path) => !UNRECOGNIZED.some(([pattern]) => pattern.test(path)))).toEqual([]);
      expect(report.gone, 'listed, but no longer so').toEqual([]);
    },
    120_000,
  );
});
