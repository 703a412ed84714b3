import { describe, expect, it } from 'vitest';
import { STANDARD_PROFILES, standardProfile } from '../analysis/profiles';
import { isProfileFound, ownProfileAt, repeatedProfiles, withOwnProfile } from './service-profiles';

const inUse = {
  asset: 'log-3',
  port: 9200,
  proto: 'tcp',
  name: 'Elasticsearch',
  authRequired: false,
  why: 'the usual defaults of Elasticsearch',
};

describe('a profile that is to be changed', () => {
  it('gets one row by hand that says nothing yet, however often it is asked for', () => {
    const once = withOwnProfile([], inUse);
    expect(once).toEqual([{ asset: 'log-3', port: 9200, proto: 'tcp' }]);
    expect(withOwnProfile(once, inUse)).toBe(once);
  });

  it('keeps the row that has it already, by another name of its asset or another way to write its protocol', () => {
    const profiles = [{ asset: '10.0.0.3', port: 9200, proto: '6', tls: true }];
    expect(withOwnProfile(profiles, inUse, ['10.0.0.3'])).toBe(profiles);
    expect(ownProfileAt(profiles, inUse, ['10.0.0.3'])).toBe(0);
  });

  it('is another than that of the port on every asset, or of another port or protocol', () => {
    const profiles = [
      { port: 9200 },
      { asset: 'log-3', port: 9300 },
      { asset: 'log-3', port: 9200, proto: 'udp' },
    ];
    expect(withOwnProfile(profiles, inUse)).toHaveLength(4);
    expect(ownProfileAt(profiles, { port: 9200, proto: 'tcp' })).toBe(0);
  });
});

it('tells of rows that count for nothing', () => {
  expect(
    repeatedProfiles([{ port: 22 }, { asset: 'a', port: 22 }, { port: 22, proto: 'tcp', tls: false }]),
  ).toEqual([2]);
});

describe('the defaults', () => {
  it('are of 30 ports and more, each once and with a reason of its own', () => {
    expect(STANDARD_PROFILES.length).toBeGreaterThan(30);
    expect(repeatedProfiles(STANDARD_PROFILES)).toEqual([]);
    for (const { port, why } of STANDARD_PROFILES) expect(why, String(port)).toMatch(/\w+ \w+/);
  });

  it('say where each can be looked up, by a document’s name, or that it is an estimate', () => {
    const sources = STANDARD_PROFILES.map(
      ({ why }) => /\(([^()]*(?:\([^()]*\))?[^()]*)\)$/.exec(why)?.[1] ?? '',
    );
    for (const source of sources) {
      expect(source).toMatch(
        /^own estimate$|RFC \d{3}|\[MS-|IPMI \d|documentation|manual|reference|proposal|“.+”|\(\d\)/i,
      );
      expect(source).not.toMatch(/https?:/);
    }
    expect(standardProfile(9200, 6).why).toContain('(Elastic Stack Overview 7.3, ');
    expect(standardProfile(5000, 6).why).toContain('(own estimate)');
  });

  it('hold the kubelet open to anyone, as its documentation says of what nobody configured', () => {
    const { authRequired, adminWithoutAuth, tls } = standardProfile(10250, 6);
    expect({ authRequired, adminWithoutAuth, tls }).toEqual({
      authRequired: false,
      adminWithoutAuth: true,
      tls: true,
    });
  });

  it('are found by port, name, reason and source', () => {
    const find = (looked: string) =>
      STANDARD_PROFILES.filter((profile) => isProfileFound(profile, looked)).map(({ name }) => name);
    expect(find('27017')).toEqual(['MongoDB']);
    expect(find('elasticsearch transport')).toEqual(['Elasticsearch transport']);
    expect(find('hadoop 2.6')).toEqual(['Hadoop YARN', 'HDFS NameNode']);
    expect(find('runs containers as root')).toEqual(['Docker API']);
    expect(find('')).toHaveLength(STANDARD_PROFILES.length);
  });
});
