import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { expectSplitInvariance, fuzzJson, recordsAccounted } from '../../../tests/support/robust';
import { encodeUtf8 } from '../base/bytes';
import { CHANGE_KIND, CHANGE_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { kubernetesAudit } from './kubernetes-audit';
import { recognizeFormat } from './registry';

const fixture = (name: string): string => readFileSync(`tests/fixtures/kubernetes-audit/${name}`, 'utf8');
const log = fixture('audit.jsonl');
const lines = log.trim().split('\n');
const formatOf = (text: string): string | undefined =>
  recognizeFormat(headOf(encodeUtf8(text)))[0]?.format.id;
const told = (text: string, table: 'queries' | 'changes' = 'queries'): Record<string, unknown>[] =>
  parseWith(kubernetesAudit, text)
    .rows(table)
    .map((row) => ({ ...row, offset: 0, line: 0, lineAdjust: 0 }));

describe('a Kubernetes audit log', () => {
  it.each(['audit.jsonl', 'webhook.json', 'azure-monitor.jsonl'])(
    'is recognized by its content: %s',
    (name) => {
      expect(formatOf(fixture(name))).toBe('kubernetes-audit');
    },
  );

  it('counts a request once, when it is complete', () => {
    const parsed = parseWith(kubernetesAudit, log);
    expect(recordsAccounted(parsed)).toBe(9);
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('queries')).toHaveLength(7);
    expect(Object.keys(parsed.skipped).sort()).toEqual([
      'stage RequestReceived (its requests count when they are complete)',
      'stage ResponseStarted (its requests count when they are complete)',
    ]);
  });

  it('tells who got which secret, and who was refused', () => {
    const parsed = parseWith(kubernetesAudit, log);
    expect(parsed.rows('queries').slice(0, 2)).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000 + 123_456,
        actorAddr: '203.0.113.7',
        principal: 'alice@example.net',
        service: 'kubernetes',
        verb: QUERY_VERB.read,
        object: 'get secrets/mail/smtp',
        status: 200,
        outcome: QUERY_OUTCOME.success,
        durationUs: 100_000,
        agent: 'kubectl/v1.29.0 (linux/amd64)',
      },
      {
        actorAddr: '203.0.113.8',
        verb: QUERY_VERB.read,
        object: 'list secrets',
        status: 403,
        outcome: QUERY_OUTCOME.denied,
      },
    ]);
    expect(parsed.notes.join()).toMatch(/the first is taken for the caller’s/);
  });

  it('tells what connects, writes and deletes, and what asks for no object', () => {
    expect(
      told(log)
        .slice(2)
        .map(({ verb, object, outcome }) => [verb, object, outcome]),
    ).toEqual([
      [QUERY_VERB.admin, 'create pods/mail/web-0/exec', QUERY_OUTCOME.success],
      [QUERY_VERB.write, 'create clusterrolebindings/helper', QUERY_OUTCOME.success],
      [QUERY_VERB.delete, 'delete configmaps/mail/audit', QUERY_OUTCOME.success],
      [QUERY_VERB.read, '/version', QUERY_OUTCOME.success],
      [QUERY_VERB.write, 'update secrets/mail/smtp', QUERY_OUTCOME.error],
    ]);
  });

  it('tells commands in pods and who was bound to which role, by whom and in whose name', () => {
    expect(told(log, 'changes')).toMatchObject([
      { kind: CHANGE_KIND.commandRun, target: 'pods/mail/web-0/exec', principal: 'alice@example.net' },
      {
        kind: CHANGE_KIND.privilegeGranted,
        target: 'clusterrolebindings/helper',
        principal: 'alice@example.net as system:admin',
        actorAddr: '203.0.113.7',
        outcome: CHANGE_OUTCOME.success,
        detail: 'create clusterrolebindings/helper: cluster-admin to User mallory@example.net',
      },
    ]);
  });

  it('is read out of a webhook’s list, and out of what Azure Monitor and log groups wrap around it', () => {
    expect(told(fixture('webhook.json'))).toEqual(told(lines.slice(0, 3).join('\n')));
    const cluster = told(fixture('azure-monitor.jsonl'));
    expect(cluster).toEqual(told(log).map((row) => ({ ...row, host: 'mail-cluster' })));
    const events = lines.map((message, i) => ({ timestamp: 1425291640000 + i, message }));
    expect(formatOf(JSON.stringify({ events }))).toBe('kubernetes-audit');
    expect(told(JSON.stringify({ events }))).toEqual(told(log));
  });

  it('says what an event lacks, and counts other objects', () => {
    const reasons = (text: string) => parseWith(kubernetesAudit, text).rejected.map(({ reason }) => reason);
    const whole = lines[1] ?? '';
    expect(reasons(whole.replaceAll('Timestamp"', 'Stamp"')).join()).toMatch(
      /expected requestReceivedTimestamp/,
    );
    expect(reasons(whole.replace('"verb"', '"did"')).join()).toMatch(/there is no verb/);
    expect(reasons(fixture('webhook.json').replaceAll('"verb"', '"did"')).join()).toMatch(/there is no verb/);
    const other = '{"kind":"Event","apiVersion":"v1","reason":"Scheduled"}';
    expect(parseWith(kubernetesAudit, other).skipped).toEqual({ 'object of another kind (Event)': 1 });
    const begun = JSON.stringify({ kind: 'EventList', items: [JSON.parse(lines[0] ?? '')] });
    expect(Object.keys(parseWith(kubernetesAudit, begun).skipped).join()).toMatch(/^stage RequestReceived/);
  });

  it('gives the same rows however shared out, and survives any values', () => {
    expectSplitInvariance(kubernetesAudit, log);
    fuzzJson(
      kubernetesAudit,
      [...lines, fixture('webhook.json')].map((line) => JSON.parse(line) as unknown),
    );
  });
});
