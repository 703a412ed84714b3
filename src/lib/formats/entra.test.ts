import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { compareWithFilebeat } from '../../../tests/support/peers';
import { fuzzJson } from '../../../tests/support/robust';
import { Agreement, hasSharedData } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { CHANGE_KIND, LOGIN_METHOD, LOGIN_OUTCOME } from '../tables/schemas';
import { entra } from './entra';
import { recognizeFormat } from './registry';

const fixture = (name: string): string => readFileSync(`tests/fixtures/entra/${name}`, 'utf8');

describe('an Entra sign-in log', () => {
  it.each(['signin.jsonl', 'graph.json'])('is recognized by its content: %s', (name) => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('entra');
  });

  it('counts as failure what was refused, not what was interrupted', () => {
    const parsed = parseWith(entra, fixture('signin.jsonl'));
    expect(parsed.rows('logins').map((row) => [row.user, row.outcome])).toEqual([
      ['alice@example.net', LOGIN_OUTCOME.success],
      ['alice@example.net', LOGIN_OUTCOME.failure],
      ['alice@example.net', LOGIN_OUTCOME.unknown],
      ['alice@example.net', LOGIN_OUTCOME.maxAttempts],
      ['nobody@example.net', LOGIN_OUTCOME.invalidUser],
    ]);
    expect(parsed.rows('logins')[0]).toMatchObject({
      actorAddr: '203.0.113.7',
      service: 'entra',
      method: LOGIN_METHOD.mfa,
      timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000 + 72_989,
    });
    expect(parsed.rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.privilegeGranted, target: 'mallory@example.net' },
    ]);
  });

  it('reads what Graph returns', () => {
    expect(parseWith(entra, fixture('graph.json')).rows('logins')).toMatchObject([
      { user: 'alice@example.net', actorAddr: '203.0.113.7', outcome: LOGIN_OUTCOME.failure },
    ]);
  });

  it('never throws and never loses a record, whatever the values', () => {
    fuzzJson(
      entra,
      fixture('signin.jsonl')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    );
  });
});

describe.skipIf(!hasSharedData)('Entra logs of others', () => {
  it('agree with Filebeat’s parse', () => {
    const agreement = new Agreement('entra against Filebeat');
    const folder = 'elastic-beats/x-pack/filebeat/module/azure/signinlogs/test';
    for (const name of [
      'signinlogs',
      'test-managed-identity',
      'test-non-interactive-user',
      'test-service-principal',
      'test-signinlogs-raw',
    ]) {
      const parsed = compareWithFilebeat(agreement, entra, `${folder}/${name}.log`, 'logins', (expected) => {
        const failure = expected['event.outcome'] === 'failure';
        // Filebeat calls an interrupted sign-in (50140, "keep me signed in") a failure; no credential was refused in it.
        const isInterrupt = expected['azure.signinlogs.result_type'] === '50140';
        return {
          actorAddr: (expected['client.ip'] ?? expected['source.ip']) as string | undefined,
          user: expected['azure.signinlogs.properties.user_principal_name'] as string | undefined,
          outcome: isInterrupt
            ? LOGIN_OUTCOME.unknown
            : failure
              ? LOGIN_OUTCOME.failure
              : LOGIN_OUTCOME.success,
        };
      });
      expect(parsed.rejected, name).toEqual([]);
    }
    agreement.print();
    expect(agreement.differences).toEqual([]);
  });
});
