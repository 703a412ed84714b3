import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { emptyFindings } from '../../../tests/support/findings';
import type { SourceInfo } from '../analysis/evidence';
import type { AftermathFinding, Findings } from '../analysis/findings';
import { sigmaRules, sigmaText } from './sigma';

type Entry = AftermathFinding['watchList'][number];

const entry = (kind: Entry['kind'], indicator: string): Entry => ({ kind, indicator, reason: 'seen' });

function withList(watchList: readonly Entry[], format = 'cloudtrail'): Findings {
  const { aftermath } = emptyFindings();
  const source = { format, lastUs: Date.UTC(2015, 2, 9) * 1000 } as unknown as SourceInfo;
  return emptyFindings({ aftermath: { ...aftermath, watchList }, sources: [source] });
}

const LIST = [
  entry('address', '203.0.113.7'),
  entry('address', '2001:db8::7'),
  entry('key', 'SHA256:abc'),
  entry('key', 'AKIAEXAMPLE'),
  entry('user', 'deploy'),
];

/** What the specification's JSON schema asks of a rule, and SigmaHQ's conventions for its file. */
function expectValid({ name, text }: { name: string; text: string }): Record<string, never> {
  const rule = parse(text) as Record<string, never>;
  expect(name).toMatch(/^[a-z0-9_]{10,66}\.yml$/);
  expect(rule).toMatchObject({
    title: expect.any(String),
    logsource: expect.any(Object),
    status: 'experimental',
  });
  expect(String(rule['title']).length).toBeLessThanOrEqual(256);
  expect(rule['id']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(rule['date']).toBe('2015-03-09');
  expect(['informational', 'low', 'medium', 'high', 'critical']).toContain(rule['level']);
  expect(Object.keys(rule['logsource']).every((key) => /^(?:category|product|service)$/.test(key))).toBe(
    true,
  );
  const { condition, ...searches } = rule['detection'] as Record<string, unknown>;
  const names = Object.keys(searches);
  expect(names.length).toBeGreaterThan(0);
  if (condition === '1 of selection_*') expect(names.every((one) => one.startsWith('selection_'))).toBe(true);
  else expect(names).toEqual([condition]);
  return rule;
}

describe('Sigma rules of the watch list', () => {
  it('are valid, and as many as there are kinds of indicators and logs', () => {
    const rules = sigmaRules(withList(LIST));
    expect(rules.map(({ name }) => name)).toEqual([
      'net_firewall_watch_list_address.yml',
      'lnx_sshd_watch_list_address.yml',
      'aws_cloudtrail_watch_list_address.yml',
      'lnx_sshd_watch_list_key.yml',
      'aws_cloudtrail_watch_list_key.yml',
      'lnx_sshd_watch_list_account.yml',
      'aws_cloudtrail_watch_list_principal.yml',
    ]);
    const [network] = rules.map(expectValid);
    expect(network?.['detection']).toMatchObject({
      selection_from: { src_ip: ['203.0.113.7', '2001:db8::7'] },
    });
    const documents = parseAllDocuments(sigmaText(withList(LIST)));
    expect(documents).toHaveLength(7);
  });

  it('speak of clouds only where one’s log was loaded, and of nothing where nothing is to be watched', () => {
    expect(sigmaRules(withList([entry('address', '203.0.113.7')], 'syslog'))).toHaveLength(2);
    expect(sigmaText(withList([]))).toBe('');
  });

  it('say of each why it may be wrong: an address passes on, a key has an owner', () => {
    const reasons = sigmaRules(withList(LIST)).map(
      (rule) => expectValid(rule)['falsepositives'][0] as string,
    );
    expect(reasons.slice(0, 3)).toEqual(Array(3).fill('The address may have passed to somebody else'));
    expect(reasons[4]).toMatch(/^The key’s owner/);
  });

  it('leave nothing of a long list out', () => {
    const list = Array.from({ length: 230 }, (_, i) => entry('user', `user-${i}`));
    const rules = sigmaRules(withList(list, 'syslog'));
    expect(new Set(rules.map(({ name }) => name)).size).toBe(3);
    const all = rules.flatMap((rule) => (expectValid(rule)['detection'] as { accepted: string[] }).accepted);
    expect(all).toHaveLength(230);
  });

  it('hold hostile names as texts, wildcards included', () => {
    const user = 'x"\n- *: [&a] ? \\ # \u0085\u2028{{';
    const rule = expectValid(sigmaRules(withList([entry('user', user)], 'syslog'))[0]!);
    const name = 'x"\n- \\*: [&a] \\? \\\\ # \u0085\u2028{{';
    expect(rule['detection']).toEqual({ accepted: [`Accepted * for ${name} from`], condition: 'accepted' });
    const unseen = 'root\u{e0072}\u{e006f}\u3164\u200b';
    const [hidden] = sigmaRules(withList([entry('user', unseen)], 'syslog'));
    expect(hidden!.text).toContain('root\\U000e0072\\U000e006f\\u3164\\u200b from');
    expect(parse(hidden!.text)).toMatchObject({ detection: { accepted: [`Accepted * for ${unseen} from`] } });
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        if (text === '' || /[\ud800-\udfff]/.test(text)) return;
        const [made] = sigmaRules(withList([entry('user', text)], 'syslog'));
        const plain = text.replace(/[\\*?]/g, '\\$&');
        expect(parse(made!.text)).toMatchObject({
          detection: { accepted: [`Accepted * for ${plain} from`] },
        });
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});
