import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { compareWithFilebeat, microsOf } from '../../../tests/support/peers';
import { fuzzJson, recordsAccounted } from '../../../tests/support/robust';
import { Agreement, hasSharedData } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { CHANGE_KIND, LOGIN_METHOD, LOGIN_OUTCOME } from '../tables/schemas';
import { okta } from './okta';
import { recognizeFormat } from './registry';

const fixture = readFileSync('tests/fixtures/okta/system.jsonl', 'utf8');

describe('an Okta system log', () => {
  it('is recognized by its content', () => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture)))[0]?.format.id).toBe('okta');
  });

  it('tells who was let in and who was not; a challenge is neither', () => {
    const parsed = parseWith(okta, fixture);
    expect(recordsAccounted(parsed)).toBe(7);
    expect(parsed.rows('logins')).toMatchObject([
      {
        user: 'alice@example.net',
        actorAddr: '203.0.113.7',
        outcome: LOGIN_OUTCOME.failure,
        method: LOGIN_METHOD.password,
      },
      { outcome: LOGIN_OUTCOME.success, method: LOGIN_METHOD.mfa },
      { outcome: LOGIN_OUTCOME.unknown },
      { outcome: LOGIN_OUTCOME.sessionClosed },
    ]);
    expect(parsed.rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.keyCreated, target: 'tok' },
      { kind: CHANGE_KIND.privilegeGranted, target: 'mallory@example.net', principal: 'alice@example.net' },
    ]);
  });

  it('never throws and never loses a record, whatever the values', () => {
    fuzzJson(
      okta,
      fixture
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    );
  });
});

describe.skipIf(!hasSharedData)('Okta logs of others', () => {
  it('agree with Filebeat’s parse', () => {
    const agreement = new Agreement('okta against Filebeat');
    const parsed = compareWithFilebeat(
      agreement,
      okta,
      'elastic-beats/x-pack/filebeat/module/okta/system/test/okta-system-test.json.log',
      'logins',
      (expected) =>
        /^user\.session/.test(String(expected['event.action']))
          ? {
              timeUs: microsOf(expected['@timestamp']),
              actorAddr: expected['client.ip'] as string,
              user: expected['okta.actor.alternate_id'] as string,
              outcome:
                expected['event.action'] === 'user.session.end'
                  ? LOGIN_OUTCOME.sessionClosed
                  : LOGIN_OUTCOME.success,
            }
          : undefined,
    );
    agreement.print();
    expect(agreement.differences).toEqual([]);
    expect(parsed.rejected).toEqual([]);
  });
});
