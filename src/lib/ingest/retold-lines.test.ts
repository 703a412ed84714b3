import { describe, expect, it } from 'vitest';
import { login, rawSource, type TestRow } from '../../../tests/fixtures/ingest/sources';
import { Dictionaries } from '../tables/dictionaries';
import { CHANGE_KIND, CHANGE_OUTCOME, LOG_STATUS, LOGIN_OUTCOME, type RowFor } from '../tables/schemas';
import { assemble } from './assemble';

const dictionaries = new Dictionaries();
const text = (value: string): number => dictionaries.strings.intern(value);
const address = (value: string): number => dictionaries.addresses.internText(value);

/** `sudo: bob : … COMMAND=…`, `seconds` after the case began. */
function change(seconds: number, more: Partial<RowFor<'changes'>> = {}): TestRow<'changes'> {
  const row = {
    principal: text('bob'),
    target: text('/bin/ls'),
    detail: text('sudo as root'),
    host: text('web-1'),
  };
  const { commandRun } = CHANGE_KIND;
  return {
    table: 'changes',
    row: { timeUs: seconds * 1e6, kind: commandRun, outcome: CHANGE_OUTCOME.success, ...row, ...more },
  };
}

/** A line of a packet filter. */
function flow(seconds: number, more: Partial<RowFor<'flows'>> = {}): TestRow<'flows'> {
  const ends = {
    srcAddr: address('203.0.113.7'),
    dstAddr: address('10.0.0.5'),
    srcPort: 40_000,
    dstPort: 22,
  };
  const row = {
    startUs: seconds * 1e6,
    endUs: seconds * 1e6,
    protocol: 6,
    srcPackets: 1,
    sensor: text('web-1'),
  };
  return { table: 'flows', row: { ...row, ...ends, ...more } };
}

/** How many of each source's changes and flows count. */
function counted(...sources: readonly (readonly [string, readonly TestRow[]])[]): number[] {
  const { tables } = assemble(
    sources.map(([format, rows]) => rawSource(rows, { format, name: format })),
    dictionaries,
    { rules: [] },
  );
  return sources.map((_, i) => {
    const of = [...tables.changes.segments, ...tables.flows.segments];
    const own = [...new Set(of.map(({ source }) => source))].sort((a, b) => a - b)[i];
    let count = 0;
    for (const { source, columns, length } of tables.changes.segments)
      for (let k = 0; k < length; k++)
        if (source === own && columns.kind[k] !== CHANGE_KIND.retold) count += 1;
    for (const { source, columns, length } of tables.flows.segments)
      for (let k = 0; k < length; k++)
        if (source === own && columns.logStatus[k] !== LOG_STATUS.retold) count += 1;
    return count;
  });
}

describe('lines that a journal and a syslog file both hold', () => {
  it('count once, in the source that was loaded first, whose clock says more or less', () => {
    const journal = [change(10.4), change(20.9), flow(30.7), flow(31.2)];
    const file = [change(10), change(21), flow(30), flow(31)];
    expect(counted(['journald-json', journal], ['syslog', file])).toEqual([4, 0]);
    expect(counted(['syslog', file], ['systemd-journal', journal])).toEqual([4, 0]);
  });

  it('give way copy by copy: what the machine wrote more often counts as often', () => {
    const twice = [change(10.1), change(10.2), flow(30.1), flow(30.2)];
    const thrice = [change(10), change(10), change(10), flow(30), flow(30), flow(30)];
    expect(counted(['journald-json', twice], ['syslog', thrice])).toEqual([4, 2]);
  });

  it.each<[string, TestRow, TestRow]>([
    ['a second that is another', change(10), change(13)],
    ['another command', change(10), change(10, { target: text('/bin/sh') })],
    ['another account', change(10), change(10, { principal: text('eve') })],
    ['another outcome', change(10), change(10, { outcome: CHANGE_OUTCOME.failure })],
    ['another machine', change(10), change(10, { host: text('web-2') })],
    ['no machine', change(10), change(10, { host: 0 })],
    ['another port', flow(10), flow(10, { srcPort: 40_001 })],
    ['another size', flow(10), flow(10, { srcBytes: 60 })],
    ['another machine’s filter', flow(10), flow(10, { sensor: text('web-2') })],
  ])('are told apart by %s', (_, ours, theirs) => {
    expect(counted(['journald-json', [ours]], ['syslog', [theirs, login({ host: text('other') })]])).toEqual([
      1, 1,
    ]);
  });

  it('are those of the same host by its short name', () => {
    expect(
      counted(['journald-json', [change(10, { host: text('WEB-1.example.org') })]], ['syslog', [change(10)]]),
    ).toEqual([1, 0]);
  });

  it('are not looked for in logs of one format, nor in those of clouds', () => {
    // Files of one format that overlap are another question: here each has lines of its own, too.
    const rows = [change(10), change(20), change(30)];
    const other = [change(10), change(21.5), change(32)];
    expect(counted(['syslog', rows], ['syslog', other])).toEqual([3, 3]);
    expect(counted(['cloudtrail', rows], ['syslog', rows])).toEqual([3, 3]);
  });

  it('are chance where most of a machine’s lines are in one log only', () => {
    const file = [
      change(5),
      change(10),
      change(15, { target: text('/bin/a') }),
      change(16, { target: text('/bin/b') }),
    ];
    const journal = [
      change(0, { target: text('/bin/x') }),
      change(10),
      change(60, { target: text('/bin/y') }),
    ];
    expect(counted(['journald-json', journal], ['syslog', file])).toEqual([3, 4]);
    // The lines of other machines in a collected file do not make it chance.
    const collected = [
      ...Array.from({ length: 9 }, (_, i) => change(10 + i, { host: text(`db-${i}`) })),
      change(10),
    ];
    expect(counted(['journald-json', [change(10)]], ['syslog', collected])).toEqual([1, 9]);
  });

  it('are said to be so', () => {
    const { sources } = assemble(
      [
        rawSource([change(10.4), flow(11.2)], { format: 'journald-json', name: 'journal.json' }),
        rawSource([change(10), flow(11)], { format: 'syslog', name: 'syslog' }),
      ],
      dictionaries,
      { rules: [] },
    );
    expect(sources[1]?.notes).toEqual([
      '1 change of it is told by journal.json, too: counted there, and shown here as “retold”.',
      '1 flow of it is told by journal.json, too: counted there, and shown here as “retold”.',
    ]);
  });
});

describe('logins whose process syslog leaves out', () => {
  const sudo = (seconds: number, more: Partial<RowFor<'logins'>> = {}): TestRow<'logins'> =>
    login({
      ...{
        timeUs: seconds * 1e6,
        host: text('web-1'),
        service: text('sudo'),
        user: text('bob'),
        became: text('root'),
      },
      ...{ outcome: LOGIN_OUTCOME.privilege, ...more },
    });
  const retold = (journal: readonly TestRow[], file: readonly TestRow[]): number[] => {
    const raw = [rawSource(journal, { format: 'journald-json' }), rawSource(file, { format: 'syslog' })];
    return assemble(raw, dictionaries, { rules: [] }).tables.logins.segments.map(({ columns, length }) =>
      columns.outcome
        .subarray(0, length)
        .reduce((sum, outcome) => sum + Number(outcome === LOGIN_OUTCOME.retold), 0),
    );
  };

  it('count once on one machine', () => {
    const journal = [sudo(10.3, { process: 5 }), sudo(10.6, { process: 6 })];
    expect(retold(journal, [sudo(10), sudo(10), sudo(10)])).toEqual([0, 2]);
  });

  it('are told apart by whom they became, by the machine and by the process where both say it', () => {
    const journal = [sudo(10, { process: 5 })];
    expect(retold(journal, [sudo(10, { became: text('alice') })])).toEqual([0, 0]);
    expect(retold(journal, [sudo(10, { host: text('web-2') })])).toEqual([0, 0]);
    expect(retold(journal, [sudo(10, { process: 7 })])).toEqual([0, 0]);
  });
});
