import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { emptyFindings, someActor } from '../../../tests/support/findings';
import type { Findings } from '../analysis/findings';
import type { Micros } from '../base/brand';
import { timesketchCsv } from './timesketch';

const us = (text: string): Micros => (Date.parse(text) * 1000) as Micros;
const OPENED = us('2015-02-20T09:00:00Z');
const SEEN = (us('2015-03-02T10:20:30Z') + 123_456) as Micros;
const CLOSED = us('2015-03-10T00:00:00Z');

function someFindings(): Findings {
  return emptyFindings({
    exposure: [
      {
        asset: 'log-3',
        port: 9200,
        proto: 'tcp',
        service: '9200/tcp',
        openedUs: OPENED,
        closedUs: CLOSED,
        basis: [],
        flags: [],
        sessions: 2,
        actors: 2,
      },
      {
        asset: 'log-4',
        port: 9200,
        proto: 'tcp',
        service: '9200/tcp',
        openedUs: Number.NaN as Micros,
        closedUs: Number.NaN as Micros,
        basis: [],
        flags: [],
        sessions: 0,
        actors: 0,
      },
    ],
    actors: [
      someActor('198.51.100.7', { standing: 'quiet', quietRank: 1, rung: 7, firstUs: SEEN, lastUs: SEEN }),
      someActor('=HYPERLINK("http://evil.example")', { quietRank: 2, firstUs: SEEN, lastUs: SEEN }),
      someActor('203.0.113.99', { standing: 'noise' }),
    ],
    ladder: [
      {
        asset: 'log-3',
        service: '9200/tcp',
        actor: '198.51.100.7',
        standing: 'quiet',
        rung: 7,
        inferred: true,
        atUs: SEEN,
        why: [],
      },
    ],
    timeline: {
      ...emptyFindings().timeline,
      lanes: [
        {
          actor: '198.51.100.7',
          rung: 7,
          marks: [{ atUs: SEEN, endUs: SEEN, bytes: 5000, kind: 'session', rows: { table: 'flows' } }],
        },
      ],
    },
    integrity: {
      ...emptyFindings().integrity,
      gaps: [
        {
          source: 'vpc.log',
          sourceId: 0,
          asset: null,
          kind: 'silence',
          fromUs: OPENED,
          toUs: CLOSED,
          p: 0.001,
          text: '-2+3 silence\nof a source',
        },
      ],
    },
  });
}

function rowsOf(text: string): Record<string, string>[] {
  const parsed = Papa.parse<Record<string, string>>(text, { header: true, skipEmptyLines: true });
  expect(parsed.errors).toEqual([]);
  return parsed.data;
}

describe('the timeline for Timesketch', () => {
  it('has the fields that Timesketch needs, in every event, in the order of time', () => {
    const text = timesketchCsv(someFindings());
    expect(text.split('\r\n')[0]?.split(',').slice(0, 4)).toEqual([
      'message',
      'timestamp',
      'datetime',
      'timestamp_desc',
    ]);
    const rows = rowsOf(text);
    for (const row of rows) {
      expect(row['message']).not.toBe('');
      expect(row['timestamp_desc']).not.toBe('');
      // One pattern for all: pandas drops times of any other than the first line's.
      expect(row['datetime']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
      expect(Date.parse(row['datetime']!)).toBe(Math.floor(Number(row['timestamp']) / 1000));
    }
    const times = rows.map((row) => Number(row['timestamp']));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(rows.map((row) => row['timestamp_desc'])).toEqual([
      'Exposure opened',
      'Gap begins',
      'First seen',
      'First seen',
      'Activity',
      'Rung reached',
      'Exposure closed',
      'Gap ends',
    ]);
  });

  it('repeats what an event is about in fields of its own, to the microsecond and not defanged', () => {
    const rows = rowsOf(timesketchCsv(someFindings()));
    expect(rows.find((row) => row['timestamp_desc'] === 'Rung reached')).toMatchObject({
      message: '198.51.100.7 reached rung 7, returned (inferred), of log-3 9200/tcp',
      datetime: '2015-03-02T10:20:30.123456+00:00',
      actor: '198.51.100.7',
      src_ip: '198.51.100.7',
      asset: 'log-3',
      service: '9200/tcp',
      rung: '7',
      standing: 'quiet',
    });
    expect(rows.find((row) => row['timestamp_desc'] === 'Activity')).toMatchObject({ bytes: '5000' });
  });

  it('tells of a campaign once at each end', () => {
    const campaign = {
      id: 'C1',
      actors: ['203.0.113.99'],
      fingerprint: '9 actors with the same port 23',
      users: [],
    };
    const campaigns = [{ ...campaign, ports: [23], events: 20, firstUs: OPENED, lastUs: SEEN }];
    const [begins] = rowsOf(timesketchCsv({ ...emptyFindings(), campaigns } as never));
    expect(begins?.['message']).toBe(
      'First event of campaign C1: 20 events of 9 actors with the same port 23',
    );
  });

  it('lists no noise one by one, and nothing without a time', () => {
    const text = timesketchCsv(someFindings());
    expect(text).not.toContain('203.0.113.99');
    expect(text).not.toContain('log-4');
  });

  it('runs nothing in a spreadsheet', () => {
    for (const row of rowsOf(timesketchCsv(someFindings())))
      for (const value of Object.values(row)) expect(value).not.toMatch(/^\s*[=+@-]/);
  });
});
