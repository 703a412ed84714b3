import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith, type Parsed } from '../../../tests/support/parse';
import { CHANGE_KIND, CHANGE_OUTCOME, LOGIN_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { cloudtrailCsv } from './cloudtrail-csv';

const read = (name: string): Parsed =>
  parseWith(cloudtrailCsv, readFileSync(`tests/fixtures/cloudtrail-csv/${name}`, 'utf8'));

describe('CloudTrail events as a table', () => {
  it('are sign-ins, reads and changes as in the trail, where the console’s event history was downloaded', () => {
    const parsed = read('event-history.csv');
    // The table leaves out what the console answered: whether the sign-in went well is not known.
    expect(parsed.rows('logins')).toMatchObject([{ user: 'alice', outcome: LOGIN_OUTCOME.unknown, line: 2 }]);
    expect(parsed.rows('queries')).toMatchObject([
      {
        principal: 'alice',
        service: 'secretsmanager',
        verb: QUERY_VERB.read,
        object: 'GetSecretValue',
        line: 3,
      },
    ]);
    expect(parsed.rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.loggingStopped, outcome: CHANGE_OUTCOME.failure, line: 4 },
    ]);
  });

  it('keep what they were asked and what they answered, out of CloudTrail Lake', () => {
    const parsed = read('lake.csv');
    expect(parsed.rows('logins')).toMatchObject([
      { timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000, outcome: LOGIN_OUTCOME.failure },
    ]);
    expect(parsed.rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.portOpened, target: 'sg-1', cidr: '0.0.0.0/0', portFrom: 9200, portTo: 9200 },
    ]);
  });

  it('name who asked by the identity that Athena prints as a struct', () => {
    expect(read('athena.csv').rows('queries')).toMatchObject([{ principal: 'alice', service: 's3' }]);
  });

  it('show the row, and not what was made of it, where one cannot be read', () => {
    const head =
      'Event time,User name,Event name,Event source\n2015-03-02T10:20:30Z,alice,GetObject,s3.amazonaws.com\n';
    const { rejected } = parseWith(cloudtrailCsv, `${head}yesterday,alice,GetObject,s3.amazonaws.com\n`);
    expect(rejected).toMatchObject([{ line: 3, text: 'yesterday,alice,GetObject,s3.amazonaws.com' }]);
    expect(rejected[0]?.reason).toContain('eventTime');
  });
});
