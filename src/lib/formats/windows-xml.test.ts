import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { hasSharedData, sharedBytes } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { CHANGE_KIND, LOGIN_OUTCOME } from '../tables/schemas';
import { recognizeFormat } from './registry';
import { windowsXml } from './windows-xml';

const fixture = readFileSync('tests/fixtures/windows-xml/events.xml', 'utf8');

describe('Windows events in XML', () => {
  it('are recognized by their content', () => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture)))[0]?.format.id).toBe('windows-xml');
  });

  it('are read one by one, with their place in the file', () => {
    const parsed = parseWith(windowsXml, fixture);
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('logins')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000 + 944_354,
        user: 'a&b <x>',
        host: 'mail.corp.example',
        actorAddr: '203.0.113.7',
        actorPort: 1628,
        outcome: LOGIN_OUTCOME.failure,
        line: 3,
      },
    ]);
    expect(parsed.rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.logDeleted, principal: 'mallory', line: 4 },
    ]);
  });

  it('say where a cut file breaks off, and when there is nothing to read', () => {
    expect(parseWith(windowsXml, fixture.slice(0, 400)).rejected).toMatchObject([
      { reason: 'the file ends inside this event: </Event> is missing', line: 3 },
    ]);
    expect(parseWith(windowsXml, '<Events></Events>').rejected).toMatchObject([
      { reason: 'there is no <Event> in this file' },
    ]);
  });

  it('never throw, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.nat(fixture.length),
        fc.nat(30),
        fc.string({ unit: 'binary', maxLength: 10 }),
        (at, cut, insert) => {
          expect(parseWith(windowsXml, fixture.slice(0, at) + insert + fixture.slice(at + cut)).records).toBe(
            1,
          );
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });
});

describe.skipIf(!hasSharedData)('Windows XML of others', () => {
  it('agrees with CrowdSec’s parse', () => {
    const bytes = sharedBytes('crowdsec-hub/windows-logs/windows-logs.log');
    expect(recognizeFormat(headOf(bytes))[0]?.format.id).toBe('windows-xml');
    expect(parseWith(windowsXml, bytes).rows('logins')).toMatchObject([
      { user: 'testuser@mydomain.test', actorAddr: '192.168.9.212', outcome: LOGIN_OUTCOME.failure },
    ]);
  });
});
