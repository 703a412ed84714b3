import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith, type Parsed } from '../../../tests/support/parse';
import { TIME_BASIS } from '../base/time';
import { LOGIN_OUTCOME } from '../tables/schemas';
import { last } from './last';

const read = (name: string): Parsed =>
  parseWith(last, readFileSync(`tests/fixtures/last/${name}.txt`, 'utf8'));
const { success, failure, sessionOpened, sessionClosed, unknown } = LOGIN_OUTCOME;
const us = (text: string): number => Date.parse(text) * 1000;

/** What the file that was listed holds: the newest first. Clock, user, address or name, and whether it is a login or its end. */
const HELD = [
  ['2015-01-06T11:00:00Z', 'eve', '198.51.100.5', success],
  ['2015-01-06T10:00:00Z', 'administrator', '2001:db8::1234:9', success],
  ['2015-01-06T10:30:00Z', 'administrator', '2001:db8::1234:9', sessionClosed],
  ['2015-01-05T08:00:00Z', 'ann', 'client.example.net', success],
  ['2015-01-05T09:00:00Z', 'ann', 'client.example.net', sessionClosed],
  ['2014-12-31T23:50:30Z', 'bob', '203.0.113.7', success],
  ['2015-01-02T01:00:30Z', 'bob', '203.0.113.7', sessionClosed],
  ['2013-02-28T09:10:00Z', 'root', '', success],
  ['2013-02-28T09:20:00Z', 'root', '', sessionClosed],
] as const;

describe('the output of last', () => {
  it.each([
    ['last-iso', TIME_BASIS.absolute, {}],
    ['last-Fiw', TIME_BASIS.local, { 'client.example.net': '198.51.100.5' }],
    ['last-a', TIME_BASIS.local, { administrator: 'administ' }],
    // An address that was cut may be another's: it stays a name.
    [
      'last-x',
      TIME_BASIS.local,
      {
        administrator: 'administ',
        '2001:db8::1234:9': '2001:db8::1234:9…',
        'client.example.net': 'client.example.n…',
      },
    ],
  ] as const)('tells who got in, when, and when they left: %s', (name, basis, otherwise) => {
    const parsed = read(name);
    const as = (text: string): string => (otherwise as Record<string, string>)[text] ?? text;
    const whole = name === 'last-iso' || name === 'last-Fiw';
    expect(
      parsed.rows('logins').map((row) => [row.timeUs, row.user, row.actorAddr || row.actorName, row.outcome]),
    ).toEqual(
      HELD.map(([time, user, from, outcome]) => [
        // Without -F or iso there are no seconds.
        us(whole ? time : time.replace(/:\d\dZ/, ':00Z')),
        as(user),
        as(from),
        outcome,
      ]),
    );
    expect(new Set(parsed.rows('logins').map((row) => row.timeBasis))).toEqual(new Set([basis]));
    expect(parsed.rejected).toEqual([]);
  });

  it('counts boots and run levels, and says what it had to take for granted', () => {
    const parsed = read('last-x');
    expect(parsed.skipped).toEqual({
      'reboot record': 3,
      'shutdown record': 1,
      blank: 1,
      'where the file begins': 1,
    });
    expect(parsed.notes.join()).toMatch(/taken for SSH’s.*cut/);
  });

  it('leaves the year open where nothing says it', () => {
    const parsed = parseWith(
      last,
      'eve      pts/0        198.51.100.5     Tue Jan  6 11:00   still logged in\n',
    );
    expect(parsed.rows('logins')).toMatchObject([
      { timeUs: us('2000-01-06T11:00:00Z'), timeBasis: TIME_BASIS.yearless, outcome: success, user: 'eve' },
    ]);
  });

  it('does not take a window for a login, unless hosts were left out', () => {
    const end = 'Tue Jan  6 11:00:00 2015   still logged in';
    const outcomes = (text: string): unknown[] =>
      parseWith(last, text)
        .rows('logins')
        .map((row) => row.outcome);
    expect(outcomes(`ann      pts/2        :0               ${end}\n`)).toEqual([sessionOpened]);
    expect(outcomes(`ann      pts/2        ${end}\n`)).toEqual([success]);
  });
});

describe('the output of lastb', () => {
  it('tells of failures, also of a name that looks like a terminal and of none', () => {
    expect(
      read('lastb')
        .rows('logins')
        .map((row) => [row.user, row.service, row.actorAddr, row.outcome]),
    ).toEqual([
      ['toor', 'console', '', failure],
      ['pts/0', 'sshd', '203.0.113.7', failure],
      ['', 'sshd', '203.0.113.7', failure],
      ['root', 'sshd', '203.0.113.7', failure],
    ]);
  });

  it('is told from last by where it says that it begins, also within one file', () => {
    const listings = ['last-x', 'lastb'].map((name) =>
      readFileSync(`tests/fixtures/last/${name}.txt`, 'utf8'),
    );
    const outcomes = parseWith(last, listings.join(''))
      .rows('logins')
      .map((row) => row.outcome);
    expect(outcomes.slice(-4)).toEqual([failure, failure, failure, failure]);
    expect(outcomes.filter((outcome) => outcome === success)).toHaveLength(5);
  });

  it('is no success where nothing tells which of the two it is', () => {
    const line = 'toor     tty1                          Tue Jan  6 10:51 - 10:51  (00:00)\n';
    const parsed = parseWith(last, line);
    expect(parsed.rows('logins')).toMatchObject([{ user: 'toor', outcome: unknown }]);
    expect(parsed.notes.join()).toContain('left open');
    const named = (name: string): unknown =>
      parseWith(last, `${line}\n${name} begins Tue Jan  6 10:51:00 2015\n`).rows('logins')[0]?.outcome;
    expect([named('wtmp.1'), named('btmp-20150107')]).toEqual([success, failure]);
  });
});

it('says what it expected of a line that it cannot read', () => {
  const parsed = parseWith(
    last,
    'eve      pts/0        198.51.100.5     Tue Jan 36 11:00   still logged in\n',
  );
  expect(parsed.rejected).toMatchObject([
    { line: 1, reason: expect.stringContaining('user, terminal, remote host') },
  ]);
});
