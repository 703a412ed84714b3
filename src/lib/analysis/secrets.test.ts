import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { credentialFile, findSecrets, hintOf, markOf } from './secrets';

const found = (text: string): string[] => findSecrets(text).map(({ kind, value }) => `${kind}: ${value}`);

describe('findSecrets', () => {
  // The AWS examples are those of AWS' own documentation; the others are shapes, not anyone's keys.
  it.each([
    ['key AKIAIOSFODNN7EXAMPLE used', ['AWS access key: AKIAIOSFODNN7EXAMPLE']],
    [
      'aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      ['AWS secret key: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'],
    ],
    ['/login?user=a&password=hunter22&next=/', ['password: hunter22']],
    ['{"passwd": "correct horse"}', ['password: correct']],
    ['postgres://app:s3cr3tpw@db:5432/x', ['password: s3cr3tpw']],
    ['Authorization: Bearer abcdefghijklmnop.qrstuvwx', ['bearer token: abcdefghijklmnop.qrstuvwx']],
    ['/v1/mail?api_key=0123456789abcdef', ['API key: 0123456789abcdef']],
    ['/app/logs?query=api_key%3Akey-2aebeec16ecb73c5', ['API key: key-2aebeec16ecb73c5']],
    ['/cb?access_token=ya29.A0ARrdaM-abc', ['token: ya29.A0ARrdaM-abc']],
    [`ghp_${'a'.repeat(36)}`, [`GitHub token: ghp_${'a'.repeat(36)}`]],
    ['-----BEGIN OPENSSH PRIVATE KEY-----', ['private key: -----BEGIN OPENSSH PRIVATE KEY-----']],
  ])('sees what %s holds', (text, expected) => {
    expect(found(text)).toEqual(expected);
  });

  it.each([
    '/index.html?page=2',
    'Failed password for root',
    'password=******',
    'password=$1 and token=?',
    'CREATE USER x PASSWORD NULL',
    '/tokens/list',
    'GetSecretValue arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-a1b2c3',
  ])('sees nothing in %s', (text) => {
    expect(found(text)).toEqual([]);
  });

  it('ends soon on hostile text', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 300 }),
        fc.constantFrom('password=', 'aws secret ', '://', 'bearer ', 'eyJ'),
        (noise, lure) => {
          expect(findSecrets((lure + noise).repeat(200)).length).toBeLessThanOrEqual(16);
        },
      ),
      { seed: 1, numRuns: 50 },
    );
  });
});

describe('what is shown of a secret', () => {
  it('is at most four characters, and never more than a quarter', () => {
    expect(hintOf('AKIAIOSFODNN7EXAMPLE')).toBe('…MPLE');
    expect(hintOf('hunter22')).toBe('…22');
    expect(hintOf('abc')).toBe('…');
  });

  it('is marked alike within a case and differently in another', () => {
    expect(markOf('hunter22', 'case a')).toBe(markOf('hunter22', 'case a'));
    expect(markOf('hunter22', 'case a')).not.toBe(markOf('hunter22', 'case b'));
    expect(markOf('hunter22', 'case a')).toMatch(/^[0-9a-f]{8}$/);
  });
});

describe('credentialFile', () => {
  it('names files whose contents are credentials', () => {
    expect(credentialFile('GET /.aws/credentials')).toBe('.aws/credentials');
    expect(credentialFile('/home/x/.ssh/id_rsa')).toBe('id_rsa');
    expect(credentialFile('/backup/server.pem?v=1')).toBe('server.pem');
    expect(credentialFile('/home/x/.ssh/id_rsa.pub')).toBe('');
    expect(credentialFile('/environment')).toBe('');
  });
});
