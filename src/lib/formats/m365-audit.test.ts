import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../tests/support/parse';
import { TIME_BASIS } from '../base/time';
import { CHANGE_KIND, LOGIN_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { m365Audit } from './m365-audit';
import { m365AuditCsv } from './m365-audit-csv';

const fixture = (name: string): string => readFileSync(`tests/fixtures/${name}`, 'utf8');

describe('Microsoft 365’s unified audit log', () => {
  const parsed = parseWith(m365Audit, fixture('m365-audit/records.jsonl'));

  it('gives who signed in, in UTC though no letter says so', () => {
    expect(parsed.rows('logins')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000,
        timeBasis: TIME_BASIS.absolute,
        actorAddr: '203.0.113.7',
        user: 'alice@example.net',
        outcome: LOGIN_OUTCOME.failure,
      },
      { outcome: LOGIN_OUTCOME.success },
    ]);
  });

  it('tells whose mail and which files were opened from what was only searched', () => {
    expect(parsed.rows('queries')).toMatchObject([
      {
        principal: 'alice@example.net',
        host: 'carol@example.net',
        service: 'exchange',
        verb: QUERY_VERB.read,
        object: 'carol@example.net \\Inbox',
        rowsReturned: 12,
      },
      {
        host: 'example.sharepoint.com/sites/hr',
        service: 'sharepoint',
        verb: QUERY_VERB.read,
        object: 'https://example.sharepoint.com/sites/hr/Shared Documents/pay.xlsx',
      },
      { verb: QUERY_VERB.list, object: 'SearchQueryPerformed https://example.sharepoint.com/sites/hr' },
    ]);
  });

  it('lists rules that forward mail, an audit log switched off, and roles given', () => {
    expect(parsed.rows('changes')).toMatchObject([
      {
        kind: CHANGE_KIND.policyChanged,
        actorAddr: '203.0.113.7',
        detail: 'New-InboxRule ForwardTo=mallory@example.org',
      },
      { kind: CHANGE_KIND.loggingStopped, actorAddr: '2001:db8::7' },
      // Zeros are no address.
      { kind: CHANGE_KIND.privilegeGranted, target: 'mallory@example.net', actorAddr: '' },
    ]);
    expect(parsed.skipped).toEqual({ 'operation TeamsSessionEnded': 1 });
  });

  it('says the same out of an exported search', () => {
    const table = parseWith(m365AuditCsv, fixture('m365-audit-csv/search.csv'));
    const plain = (rows: readonly object[]): object[] => rows.map((row) => ({ ...row, offset: 0, line: 0 }));
    for (const name of ['logins', 'queries', 'changes'] as const)
      expect(plain(table.rows(name))).toEqual(plain(parsed.rows(name)));
  });
});
