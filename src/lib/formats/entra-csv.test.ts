import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../tests/support/parse';
import { TIME_BASIS } from '../base/time';
import { LOGIN_METHOD, LOGIN_OUTCOME } from '../tables/schemas';
import { entraCsv } from './entra-csv';

const logins = (name: string): unknown =>
  parseWith(entraCsv, readFileSync(`tests/fixtures/entra-csv/${name}`, 'utf8')).rows('logins');

describe('Entra sign-ins as a table', () => {
  it('name the account and not the person, and tell what refused a credential from what asked for more', () => {
    expect(logins('interactive-sign-ins.csv')).toMatchObject([
      { user: 'alice@example.net', actorAddr: '203.0.113.7', outcome: LOGIN_OUTCOME.failure },
      { outcome: LOGIN_OUTCOME.unknown },
      { outcome: LOGIN_OUTCOME.success, method: LOGIN_METHOD.mfa },
    ]);
  });

  it('are read by their codes and in UTC out of Log Analytics', () => {
    expect(logins('signin-logs.csv')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30, 123) * 1000,
        timeBasis: TIME_BASIS.absolute,
        outcome: LOGIN_OUTCOME.invalidUser,
      },
      {
        timeUs: Date.UTC(2015, 2, 2, 13, 21, 30, 123) * 1000,
        actorAddr: '2001:db8::7',
        outcome: LOGIN_OUTCOME.success,
      },
    ]);
  });
});
