import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { LOGIN_OUTCOME } from '../tables/schemas';
import { journaldExport } from './journald-export';
import { recognizeFormat } from './registry';

const fixture = new Uint8Array(readFileSync('tests/fixtures/journald-export/journal.export'));

describe('a systemd journal in its export format', () => {
  it('is recognized by its content', () => {
    expect(recognizeFormat(headOf(fixture))[0]?.format.id).toBe('journald-export');
  });

  it('reads text and binary fields, and where each entry begins', () => {
    const parsed = parseWith(journaldExport, fixture);
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('logins')).toMatchObject([
      { timeUs: 1_425_291_630_500_000, user: 'root', actorAddr: '203.0.113.7', offset: 0, line: 1 },
      { user: 'a\n\nb', actorAddr: '203.0.113.8', outcome: LOGIN_OUTCOME.invalidUser, line: 8 },
      { service: 'sudo', user: 'alice', outcome: LOGIN_OUTCOME.privilege },
    ]);
    const [, second] = parsed.rows('logins');
    expect(
      new TextDecoder().decode(fixture.subarray(Number(second?.offset), Number(second?.offset) + 12)),
    ).toBe('__CURSOR=s=2');
  });

  it('says where a cut file breaks off', () => {
    const parsed = parseWith(journaldExport, fixture.slice(0, 300));
    expect(parsed.rejected).toMatchObject([{ reason: expect.stringContaining('ends inside') as string }]);
    expect(parsed.rows('logins')).toHaveLength(1);
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.nat(fixture.length - 1), fc.uint8Array({ maxLength: 12 }), (at, insert) => {
        const mutated = new Uint8Array([
          ...fixture.slice(0, at),
          ...insert,
          ...fixture.slice(at + insert.length),
        ]);
        expect(parseWith(journaldExport, mutated).records).toBe(1);
      }),
      { seed: 7, numRuns: 200 },
    );
  });
});
