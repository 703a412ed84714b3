import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../tests/support/parse';
import { CHANGE_KIND, LOGIN_OUTCOME } from '../tables/schemas';
import { eventFile, EVENTS, type MadeEvent } from '../../../tests/fixtures/windows-evtx/event-file';
import { eventsOfXml } from '../../../tests/fixtures/windows-evtx/from-xml';
import type { Format } from './format';
import { windowsCsv } from './windows-csv';
import { windowsEvtx } from './windows-evtx';
import { windowsJson } from './windows-json';
import { windowsXml } from './windows-xml';

const EXPORTS: readonly (readonly [Format, string])[] = [
  [windowsJson, 'windows-json/all-events.jsonl'],
  [windowsXml, 'windows-xml/all-events.xml'],
  [windowsCsv, 'windows-csv/all-events.csv'],
  [windowsEvtx, 'windows-xml/all-events.xml'],
];

/** The events of a fixture; of one in XML as the log file that it was exported from, where that is asked for. */
function eventsOf(format: Format, path: string): string | Uint8Array {
  const text = readFileSync(`tests/fixtures/${path}`, 'utf8');
  return format === windowsEvtx ? eventFile(eventsOfXml(text)) : text;
}

/** What a row says whichever export it came by: the viewer's CSV has no host and the local clock. */
function told(format: Format, path: string): { logins: unknown[]; changes: unknown[] } {
  const parsed = parseWith(format, eventsOf(format, path));
  expect(parsed.rejected, path).toEqual([]);
  return {
    logins: parsed
      .rows('logins')
      .map((row) => [
        row.service,
        row.user,
        row.became,
        row.actorAddr || row.actorName,
        row.actorPort,
        row.method,
        row.outcome,
        row.process,
        row.timeUs,
      ]),
    changes: parsed
      .rows('changes')
      .map((row) => [row.kind, row.target, row.principal, row.detail, row.timeUs]),
  };
}

describe('the same security events', () => {
  it('say the same as JSON, as XML, as the viewer’s CSV and in the log itself', () => {
    const [first, ...others] = EXPORTS.map(([format, path]) => told(format, path));
    for (const other of others) expect(other).toEqual(first);
  });

  it('tell logons, refusals, privileges and Kerberos apart', () => {
    const parsed = parseWith(windowsXml, readFileSync('tests/fixtures/windows-xml/all-events.xml', 'utf8'));
    const { success, failure, privilege, sessionClosed } = LOGIN_OUTCOME;
    expect(parsed.rows('logins').map((row) => [row.user, row.became, row.outcome, row.actorAddr])).toEqual([
      ['alice', '', success, '203.0.113.7'],
      ['bob', '', failure, '203.0.113.8'],
      ['alice', '', sessionClosed, ''],
      ['alice', 'admin', privilege, '203.0.113.7'],
      ['alice', '', privilege, ''],
      ['bob', '', failure, '203.0.113.8'],
      ['alice@CORP', '', failure, '203.0.113.7'],
      ['bob', '', failure, '203.0.113.8'],
      ['bob', '', failure, ''],
    ]);
    expect(parsed.rows('changes').map((row) => [row.kind, row.target, row.principal])).toEqual([
      [CHANGE_KIND.userCreated, 'mallory', 'alice'],
      [CHANGE_KIND.privilegeGranted, 'CN=mallory', 'alice'],
      [CHANGE_KIND.privilegeGranted, 'S-1-5-21-1-2-3-1104', 'alice'],
      [CHANGE_KIND.logDeleted, 'Security', 'alice'],
    ]);
  });
});

describe('the use of another’s credentials', () => {
  it('is nobody’s becoming where Windows itself logs a person on', () => {
    const event = (subject: string): string =>
      JSON.stringify({
        '@timestamp': '2015-03-02T10:20:03.000Z',
        winlog: {
          channel: 'Security',
          computer_name: 'DC1',
          event_id: '4648',
          event_data: { SubjectUserName: subject, TargetUserName: 'admin' },
        },
      });
    const parsed = parseWith(windowsJson, `${['DC1$', 'SYSTEM', 'Admin', 'bob'].map(event).join('\n')}\n`);
    expect(parsed.rows('logins').map(({ user, became }) => [user, became])).toEqual([
      ['admin', ''],
      ['admin', ''],
      ['admin', ''],
      ['bob', 'admin'],
    ]);
  });
});

describe('the logs of Remote Desktop', () => {
  const exports: readonly (readonly [Format, string])[] = [
    [windowsXml, 'windows-xml/remote-desktop.xml'],
    [windowsJson, 'windows-json/remote-desktop.jsonl'],
    [windowsCsv, 'windows-csv/remote-desktop.csv'],
    [windowsCsv, 'windows-csv/remote-desktop-evtxecmd.csv'],
    [windowsEvtx, 'windows-xml/remote-desktop.xml'],
  ];
  const { connect, failure, success, sessionOpened, sessionClosed } = LOGIN_OUTCOME;

  it.each(exports)('tell who came and who got in: %#', (format, path) => {
    const parsed = parseWith(format, eventsOf(format, path));
    expect(parsed.rejected).toEqual([]);
    expect(
      parsed.rows('logins').map((row) => [row.service, row.outcome, row.user, row.actorAddr, row.actorPort]),
    ).toEqual([
      ['rdp', connect, '', '203.0.113.7', 51234],
      ['rdp', failure, '', '203.0.113.7', 0],
      ['rdp', connect, '', '2001:db8::9', 51235],
      // "User authentication succeeded", which it need not have.
      ['rdp', connect, 'bob', '203.0.113.7', 0],
      ['rdp', success, 'bob', '203.0.113.7', 0],
      ['rdp', sessionOpened, 'bob', '203.0.113.7', 0],
      ['rdp', sessionClosed, 'bob', '203.0.113.7', 0],
      ['rdp', success, 'bob', '203.0.113.8', 0],
      ['rdp', sessionClosed, 'bob', '', 0],
      ['console', success, 'ann', '', 0],
    ]);
    expect(parsed.skipped).toMatchObject({ 'event 40': 1, 'event 21': 1 });
    expect(parsed.notes).toEqual([expect.stringContaining('Event 1149')]);
  });
});

describe('other logs', () => {
  it('hold no logons, deleted logs or services for having events of the same ids', () => {
    const [event] = EVENTS as [MadeEvent];
    const others = [
      ['Microsoft-Windows-TaskScheduler/Operational', 104],
      ['Security', 104],
      ['Application', 4625],
      ['Microsoft-Windows-Security-Mitigations/KernelMode', 1102],
      ['System', 4720],
    ] as const;
    const file = eventFile(others.map(([channel, id]) => ({ ...event, channel, id })));
    const parsed = parseWith(windowsEvtx, file);
    expect(parsed.rows('logins')).toEqual([]);
    expect(parsed.rows('changes')).toEqual([]);
    expect(parsed.skipped).toEqual({ 'event 104': 2, 'event 4625': 1, 'event 1102': 1, 'event 4720': 1 });
  });
});
