import { describe, expect, it } from 'vitest';
import { CHANGE_KIND, LOGIN_OUTCOME, type TableName } from '../tables/schemas';
import { rowWords } from './row-words';

const words = (table: TableName, cells: Readonly<Record<string, string>>): string =>
  rowWords(table, (column) => cells[column] ?? '');

describe('a row in words', () => {
  it('says who spoke to whom, what became of it and how much went each way', () => {
    const flow = {
      srcAddr: '203.0.113.9',
      srcPort: '51514',
      dstAddr: '2001:db8::5',
      dstPort: '9200',
      protocol: 'tcp',
      connState: 'established',
      srcBytes: '900',
      dstBytes: '1200000',
      startUs: '1000000',
      endUs: '13000000',
    };
    expect(words('flows', flow)).toBe(
      '203.0.113.9:51514 → [2001:db8::5]:9200 tcp · connected · 900 B out · 1.20 MB back · 12 s',
    );
    expect(words('flows', { ...flow, verdict: 'reject', dstBytes: '' })).toContain(
      'rejected · 900 B out · 12 s',
    );
    expect(words('flows', { sensor: 'eni-1', logStatus: 'noData' })).toBe(
      'on eni-1 · no traffic in this interval',
    );
    expect(words('flows', { sensor: 'eni-1', logStatus: 'skipData' })).toContain('were lost');
  });

  it('tells a login by its outcome, its account and the way in', () => {
    expect(
      words('logins', {
        outcome: 'success',
        user: 'root',
        method: 'publickey',
        service: 'sshd',
        host: 'web-1',
        actorAddr: '203.0.113.9',
        key: 'SHA256:abc',
      }),
    ).toBe('login accepted: root · by public key · sshd on web-1 · from 203.0.113.9 · SHA256:abc');
    expect(
      words('logins', { outcome: 'privilege', user: 'bob', became: 'root', service: 'sudo', host: 'web-1' }),
    ).toBe('privilege taken: bob as root · sudo on web-1');
    for (const outcome of Object.keys(LOGIN_OUTCOME)) {
      if (outcome !== 'unknown') expect(words('logins', { outcome }), outcome).not.toBe('event');
    }
  });

  it('tells what was asked for, what came back and as whom', () => {
    expect(
      words('queries', {
        verb: 'read',
        object: '/customers/_search',
        outcome: 'success',
        status: '200',
        bytesReturned: '52000',
        rowsReturned: '1',
        durationUs: '12000',
        principal: 'app',
        service: 'elasticsearch',
        servicePort: '9200',
        host: 'app-5',
        actorAddr: '203.0.113.9',
      }),
    ).toBe(
      'read /customers/_search · success (200) · 52.0 kB back · 1 row back · 12 ms · as app · elasticsearch 9200 on app-5 · from 203.0.113.9',
    );
  });

  it('tells every kind of change, and which ports for whom', () => {
    expect(
      words('changes', {
        kind: 'portOpened',
        portFrom: '22',
        portTo: '22',
        target: 'sg-1',
        cidr: '0.0.0.0/0',
        principal: 'ann',
      }),
    ).toBe('opened port 22 sg-1 · for 0.0.0.0/0 · by ann');
    expect(words('changes', { kind: 'portClosed', portFrom: '0', portTo: '65535' })).toBe(
      'closed every port',
    );
    expect(words('changes', { kind: 'keyDeleted', outcome: 'failure' })).toBe('key deleted · failed');
    for (const kind of Object.keys(CHANGE_KIND)) {
      if (kind !== 'other') expect(words('changes', { kind }), kind).not.toBe('change');
    }
  });

  it('writes out what would show nothing or turn the line around', () => {
    expect(words('queries', { verb: 'read', object: 'a\u202eb' })).not.toContain('\u202e');
  });
});
