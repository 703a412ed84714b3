import { describe, expect, it } from 'vitest';
import { least } from '../base/extremes';
import { at, EvidenceMaker } from '../../../tests/support/evidence';
import type { SequenceInfo } from '../tables/sequences';
import type { GapFinding } from './findings';
import { analyze } from './run';

const T0 = at('2015-03-02T00:00:00Z');
const MINUTE = 60_000_000;

/** A log with a line a minute for a day, of which line `cut` follows numbers that are missing. */
function gapsOf(numbers: Partial<SequenceInfo>, cut = 600): readonly GapFinding[] {
  const maker = new EvidenceMaker();
  const gap = {
    name: 'web1',
    after: 600,
    before: 621,
    afterOffset: cut * 100,
    beforeOffset: (cut + 1) * 100,
    line: cut + 1,
  };
  const sequences: SequenceInfo[] = [
    {
      kind: 'journal',
      series: 1,
      records: 1440,
      numbers: 1440,
      missing: 20,
      breaks: 1,
      restarts: 0,
      scattered: 0,
      gaps: [gap],
      ends: [],
      ...numbers,
    },
  ];
  const source = maker.source({ format: 'journald-json', name: 'journal.json', sequences });
  for (let i = 0; i < 1440; i++)
    source.login({
      timeUs: T0 + i * MINUTE,
      actorAddr: '203.0.113.5',
      host: 'web1',
      service: 'sshd',
      user: 'root',
      outcome: 1,
    });
  return analyze(maker.make(), {}).integrity.gaps;
}

describe('record numbers over several files', () => {
  it('are one log’s where records name no host only if the files are of one name', () => {
    const files = (names: readonly string[]): number => {
      const maker = new EvidenceMaker();
      names.forEach((name, file) => {
        const first = 1 + 500 * file;
        const ends = { name: '', first, last: first + 99, firstOffset: 100, lastOffset: 10_000 };
        const counts = { records: 100, numbers: 100, missing: 0, breaks: 0, restarts: 0, scattered: 0 };
        const sequences: SequenceInfo[] = [{ kind: 'audit', series: 1, ...counts, gaps: [], ends: [ends] }];
        const source = maker.source({ format: 'auditd', name, sequences });
        for (let i = 0; i < 100; i++)
          source.login({
            timeUs: T0 + (file * 100 + i) * MINUTE,
            actorAddr: '203.0.113.5',
            host: '',
            service: 'sshd',
            user: 'root',
            outcome: 1,
          });
      });
      return analyze(maker.make(), {}).integrity.gaps.filter(({ kind }) => kind === 'sequence').length;
    };
    expect(files(['web1/audit.log', 'web2/audit.log'])).toBe(0);
    expect(files(['web1/audit.log.1', 'web1/audit.log'])).toBe(1);
  });

  it('tell a file that is missing between two, and nothing where one follows the other', () => {
    const files = (second: number): readonly GapFinding[] => {
      const maker = new EvidenceMaker();
      [1, second].forEach((first, file) => {
        const ends = { name: 'web1', first, last: first + 99, firstOffset: 100, lastOffset: 10_000 };
        const counts = { records: 100, numbers: 100, missing: 0, breaks: 0, restarts: 0, scattered: 0 };
        const sequences: SequenceInfo[] = [{ kind: 'journal', series: 1, ...counts, gaps: [], ends: [ends] }];
        const source = maker.source({ format: 'journald-json', name: `${file}.json`, sequences });
        for (let i = 0; i < 100; i++)
          source.login({
            timeUs: T0 + (file * 100 + i) * MINUTE,
            actorAddr: '203.0.113.5',
            host: 'web1',
            service: 'sshd',
            user: 'root',
            outcome: 1,
          });
      });
      return analyze(maker.make(), {}).integrity.gaps.filter(({ kind }) => kind === 'sequence');
    };
    expect(files(101)).toEqual([]);
    const [gap] = files(150);
    expect(gap?.text).toMatch(
      /^Numbers 101 to 149 are in no file: 0\.json ends at 100 and 1\.json begins at 150 .* \(49 records\)/,
    );
    expect(gap?.rows).toEqual([{ table: 'logins', rows: [99, 65_536] }]);
  });
});

describe('record numbers of a journal that is split by user', () => {
  interface Numbers {
    readonly first: number;
    readonly last: number;
    readonly lacks?: readonly (readonly [number, number])[];
  }

  const gapsOfFiles = (files: Record<string, Numbers>, scattered = 0): readonly GapFinding[] => {
    const maker = new EvidenceMaker();
    for (const [name, { first, last, lacks = [] }] of Object.entries(files)) {
      const ends = { name: 'm', first, last, firstOffset: 100, lastOffset: 10_000 };
      const gaps = lacks.map(([after, before], i) => ({
        ...{ name: 'm', after, before, line: i + 1 },
        ...{ afterOffset: 5_000, beforeOffset: 5_100 },
      }));
      const missing = lacks.reduce((sum, [after, before]) => sum + before - after - 1, 0);
      const numbers = last - first + 1 - missing;
      const counts = { records: numbers, numbers, missing, breaks: gaps.length, restarts: 0 };
      const isUsers = name.startsWith('user');
      const sequences: SequenceInfo[] = [
        {
          ...{ kind: 'journal', series: 1, ...counts, scattered: isUsers ? scattered : 0 },
          gaps,
          ends: isUsers && scattered > 0 ? [] : [ends],
        },
      ];
      const source = maker.source({ format: 'systemd-journal', name, sequences });
      for (let i = 0; i < 100; i++)
        source.login({
          timeUs: T0 + (first + i) * MINUTE,
          actorAddr: '203.0.113.5',
          host: 'web1',
          service: 'sshd',
          user: 'root',
          outcome: 1,
        });
    }
    return analyze(maker.make(), {}).integrity.gaps.filter(({ kind }) => kind === 'sequence');
  };

  it('are missing only where no other file of it may hold them', () => {
    const system = { first: 1, last: 1_000, lacks: [[600, 640]] as const };
    const [alone] = gapsOfFiles({ 'system.journal': system });
    expect(alone?.text).toMatch(/^Numbers 601 to 639 are missing .* may stand in a file of its own/);
    const user = { first: 605, last: 990 };
    expect(gapsOfFiles({ 'system.journal': system, 'user-1000.journal': user })).toEqual([]);
    expect(gapsOfFiles({ 'system.journal': system, 'user-1000.journal': user }, 1)).toEqual([]);
    const [both] = gapsOfFiles({
      'system.journal': system,
      'user-1000.journal': { first: 200, last: 990, lacks: [[210, 980]] },
    });
    expect(both?.text).toMatch(/^Numbers 601 to 639 are missing/);
  });

  it('run on from a file to the next where a user has written between them', () => {
    const files = {
      'system@1.journal': { first: 1, last: 100 },
      'system.journal': { first: 103, last: 300 },
    };
    expect(gapsOfFiles(files)[0]?.text).toMatch(/^Numbers 101 to 102 are in no file/);
    expect(gapsOfFiles({ ...files, 'user-1000.journal': { first: 101, last: 102 } })).toEqual([]);
  });
});

describe('breaks in record numbers', () => {
  it('are told with their rows, though no minute is silent', () => {
    const [gap, ...others] = gapsOf({});
    expect(others).toEqual([]);
    expect(gap).toMatchObject({
      kind: 'sequence',
      source: 'journal.json',
      rows: [{ table: 'logins', rows: [599, 600] }],
    });
    expect(gap?.text).toMatch(
      /^Numbers 601 to 620 are missing in the journal sequence numbers of web1 \(20 records\), between 2015-03-02T09:59:00Z and 2015-03-02T10:00:00Z/,
    );
  });

  it('say nothing where an export holds chosen records only', () => {
    expect(gapsOf({ breaks: 300 })).toEqual([]);
    expect(gapsOf({ scattered: 1 })).toEqual([]);
    expect(gapsOf({ numbers: 20, records: 20 })).toEqual([]);
  });

  it('are one finding where they are narrow and many, which speaks of a filter only where they are spread evenly', () => {
    const gaps = Array.from({ length: 24 }, (_, i) => {
      const line = 30 + i * 60;
      const offsets = { afterOffset: line * 100, beforeOffset: (line + 1) * 100, line: line + 1 };
      return { name: 'web1', after: line + i, before: line + i + 2, ...offsets };
    });
    const found = gapsOf({ gaps, breaks: 24, missing: 24 });
    expect(found).toHaveLength(1);
    expect(found[0]?.text).toMatch(/^24 numbers .* missing at 24 places.* it looks filtered .* not erased/);
    expect(found[0]?.rows?.length).toBeGreaterThan(0);
    // The same number of breaks within two hours is no filter's: then it is said that they may have been removed, and between when.
    const close = gaps.map((gap, i) => ({
      ...gap,
      afterOffset: (600 + i * 5) * 100,
      beforeOffset: (601 + i * 5) * 100,
    }));
    const [together, ...others] = gapsOf({ gaps: close, breaks: 24, missing: 24 });
    expect(others).toEqual([]);
    expect(together?.text).toMatch(/24 places.* between .* and .*, closer together.* removed one by one/);
    expect(together!.toUs - together!.fromUs).toBeLessThan(2.1 * 60 * MINUTE);
    expect(together?.rows).toHaveLength(24);
  });
});

describe('a silence', () => {
  /** A line a minute for a day but for three hours, with record numbers or without. */
  function judged(sequences: SequenceInfo[]): { gaps: readonly GapFinding[]; covered: number } {
    const maker = new EvidenceMaker();
    const source = maker.source({ format: 'journald-json', name: 'journal.json', sequences });
    for (let i = 0; i < 1440; i++) {
      if (i > 600 && i < 780) continue;
      source.login({
        timeUs: T0 + i * MINUTE,
        actorAddr: '203.0.113.5',
        host: 'web1',
        service: 'sshd',
        user: 'root',
        outcome: 1,
      });
    }
    const { integrity, coverage } = analyze(maker.make(), {});
    return { gaps: integrity.gaps, covered: least(coverage.map(({ share }) => share)) };
  }
  const counts = { records: 1261, numbers: 1261, missing: 0, breaks: 0, restarts: 0, scattered: 0 };

  it('over which record numbers run on was quiet, and stays covered', () => {
    const numbered = judged([{ kind: 'journal', series: 1, ...counts, gaps: [], ends: [] }]);
    expect(numbered.gaps[0]?.text).toContain('record numbers run on over it');
    expect(numbered.covered).toBeGreaterThan(0.99);
    const bare = judged([]);
    expect(bare.gaps[0]?.text).not.toContain('record numbers');
    expect(bare.covered).toBeLessThan(0.9);
  });
});
