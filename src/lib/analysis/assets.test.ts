import { describe, expect, it } from 'vitest';
import { at, EvidenceMaker, groundOf } from '../../../tests/support/evidence';
import { LOGIN_OUTCOME, QUERY_OUTCOME } from '../tables/schemas';
import type { CaseParameters } from './parameters';
import type { Bench } from './ground';

const T0 = at('2015-03-02T10:00:00Z');

function peersOf(
  maker: EvidenceMaker,
  own: string,
  sensor: string,
  count = 40,
  format = 'vpc-flow',
): EvidenceMaker {
  const source = maker.source({ format });
  for (let i = 0; i < count; i++) {
    const peer = { srcAddr: `203.0.113.${i + 1}`, srcPort: 40000 + i };
    source.flow({ startUs: T0 + i * 1e6, ...peer, dstAddr: own, dstPort: 22, sensor });
  }
  return maker;
}

/** Asset's name → its other names. */
function named(bench: Bench): Record<string, readonly string[]> {
  const { names, aliases } = bench.ground.assets;
  return Object.fromEntries(names.map((name, id) => [name, [...aliases[id]!].sort()]));
}

const lay = (maker: EvidenceMaker, parameters: CaseParameters = {}): Bench =>
  groundOf(maker.make(), parameters);

describe('what is ours', () => {
  it('is the private side, and its interface is another name of it', () => {
    expect(named(lay(peersOf(new EvidenceMaker(), '10.0.0.5', 'eni-1')))).toEqual({ '10.0.0.5': ['eni-1'] });
  });

  it('is the public address that stands in every record of an interface', () => {
    const bench = lay(peersOf(new EvidenceMaker(), '198.51.100.7', 'eni-1'));
    expect(named(bench)).toEqual({ '198.51.100.7': ['eni-1'] });
    expect(bench.inferred.join()).toContain('100 % of the 40 records of eni-1');
  });

  it('is the address that all conversations run with, where a log names no sensor', () => {
    expect(Object.keys(named(lay(peersOf(new EvidenceMaker(), '198.51.100.7', ''))))).toEqual([
      '198.51.100.7',
    ]);
  });

  it('is the IPv6 neighbor on the link of a machine of ours too, and nobody beyond it', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'zeek' });
    for (let i = 0; i < 40; i++) {
      const peer = { srcAddr: `2001:db8:${i + 1}::9`, srcPort: 40000 + i };
      flows.flow({ startUs: T0 + i * 1e6, ...peer, dstAddr: '2001:db8:ffff:20::12', dstPort: 5432 });
    }
    const of = { timeUs: T0, host: 'db', service: 'postgresql', user: 'app', outcome: LOGIN_OUTCOME.success };
    for (const actorAddr of ['2001:db8:ffff:20::31', '2001:db8:ffff:21::31'])
      maker.source().login({ ...of, actorAddr });
    const bench = lay(maker);
    const { texts } = bench.ground.actors;
    const outsiders = texts.filter((_, actor) => bench.outside[actor] === 1);
    expect(outsiders).not.toContain('2001:db8:ffff:20::31');
    expect(outsiders).toContain('2001:db8:ffff:21::31');
    expect(bench.inferred.join()).toContain(
      '1 address in the /64 of 2001:db8:ffff:20::12 is held to be ours',
    );
  });

  it('is nothing that a few records with both sides alike could settle', () => {
    expect(named(lay(peersOf(new EvidenceMaker(), '198.51.100.7', '', 2)))).toEqual({});
  });

  it('is what the case says, and only that', () => {
    const maker = peersOf(peersOf(new EvidenceMaker(), '198.51.100.7', 'eni-1'), '10.0.0.5', 'eni-2');
    expect(Object.keys(named(lay(maker, { ownNetworks: ['198.51.100.0/24'] })))).toEqual(['198.51.100.7']);
  });

  it('is called by the name of a host that records both its connections and its logins', () => {
    const maker = peersOf(new EvidenceMaker(), '10.0.0.5', 'DC1.example.org');
    const user = { actorAddr: '203.0.113.1', user: 'ops', outcome: LOGIN_OUTCOME.success };
    maker.source().login({ timeUs: T0, host: 'DC1.example.org', ...user });
    expect(named(lay(maker))).toEqual({ 'DC1.example.org': ['10.0.0.5'] });
  });

  it('is never joined by the loopback address, which every machine has', () => {
    const hosts = ['DC1', 'DC2'].reduce(
      (maker, host) => peersOf(maker, '127.0.0.1', host),
      new EvidenceMaker(),
    );
    const names = Object.entries(named(lay(hosts))).map((each) => each.flat());
    expect(names.some((all) => all.includes('DC1') && all.includes('DC2'))).toBe(false);
  });

  it('keeps both addresses of one interface together', () => {
    const maker = peersOf(new EvidenceMaker(), '10.0.0.5', 'eni-1');
    const source = maker.source({ format: 'vpc-flow' });
    for (let i = 0; i < 5; i++)
      source.flow({
        startUs: T0,
        srcAddr: `2001:db8::${i + 1}`,
        srcPort: 40000,
        dstAddr: 'fd00::5',
        dstPort: 22,
        sensor: 'eni-1',
      });
    expect(named(lay(maker))).toEqual({ '10.0.0.5': ['eni-1', 'fd00::5'] });
  });

  it.each([
    ['joins an IPv6 address that only one stranger called', 'fd00::5', '2001:db8::1', true],
    ['joins no address of the same IP version by so little', '10.0.0.6', '203.0.113.1', false],
    ['joins no neighbor that announced itself', 'fe80::1', 'ff02::1', false],
  ])('%s, beside a busy IPv4 address', (_, second, peer, isJoined) => {
    const maker = peersOf(new EvidenceMaker(), '10.0.0.5', 'eni-1', 40);
    maker
      .source({ format: 'vpc-flow' })
      .flow({ startUs: T0, srcAddr: second, srcPort: 22, dstAddr: peer, dstPort: 40000, sensor: 'eni-1' });
    expect(named(lay(maker))['10.0.0.5']?.includes(second)).toBe(isJoined);
  });
});

describe('names of one machine', () => {
  const host = (maker: EvidenceMaker, name: string): EvidenceMaker => {
    const login = { timeUs: T0, actorAddr: '203.0.113.1', service: 'sshd', user: 'root' };
    maker
      .source({ name: 'auth.log', format: 'syslog' })
      .login({ ...login, host: name, outcome: LOGIN_OUTCOME.failure });
    return maker;
  };

  it("are joined by EC2's habit of naming a host after its address", () => {
    expect(named(lay(host(peersOf(new EvidenceMaker(), '10.0.0.5', 'eni-1'), 'ip-10-0-0-5')))).toEqual({
      'ip-10-0-0-5': ['10.0.0.5', 'eni-1'],
    });
  });

  it('are joined by the case, whose name wins', () => {
    const maker = host(peersOf(new EvidenceMaker(), '10.0.0.5', 'eni-1'), 'web');
    expect(named(lay(maker, { assets: [{ name: 'shop', aliases: ['10.0.0.5', 'web'] }] }))).toEqual({
      shop: ['10.0.0.5', 'eni-1', 'web'],
    });
  });

  it('are the same whatever their case, and the case’s way of writing wins', () => {
    const both = host(host(new EvidenceMaker(), 'web1'), 'WEB1');
    expect(named(lay(both))).toEqual({ web1: ['WEB1'] });
    const given = host(new EvidenceMaker(), 'WEB1');
    given.source({ name: 'access.log', format: 'access-log', asset: 'web1' });
    expect(named(lay(given))).toEqual({ web1: ['WEB1'] });
  });

  it('are a short and a full name, unless two domains have that short name', () => {
    const one = host(host(new EvidenceMaker(), 'web1'), 'web1.example.org');
    expect(named(lay(one))).toEqual({ web1: ['web1.example.org'] });
    const two = host(host(host(new EvidenceMaker(), 'web1'), 'web1.example.org'), 'web1.example.com');
    expect(Object.keys(named(lay(two)))).toHaveLength(3);
  });

  it('give a file without host names to the only machine there is, and say so', () => {
    const maker = peersOf(new EvidenceMaker(), '10.0.0.5', 'eni-1');
    const query = { timeUs: T0, actorAddr: '203.0.113.1', service: 'http', object: '/', status: 200 };
    maker
      .source({ name: 'access.log', format: 'access-log' })
      .query({ ...query, outcome: QUERY_OUTCOME.success });
    const { assets } = lay(maker).ground;
    expect(assets.count).toBe(1);
    expect(assets.bySource?.[1]).toBe(1);
    expect(assets.why[0]!.join()).toContain('access.log names no host');
  });

  it.each([
    [['access.log', 'access.log.1', 'access.log.2.gz'], 1],
    [['web/access_log.2015-03-02.txt', 'web/access_log.2015-03-03.txt'], 1],
    [['web/access.log-20150302.gz', 'web/access.log-20150303.gz', 'web/access.log'], 1],
    [['u_ex150302.log', 'u_ex150303.log'], 1],
    [['web1/access.log', 'web2/access.log'], 2],
    [['access-10.0.0.1.log', 'access-10.0.0.2.log'], 2],
    [['shop-access.log', 'wiki-access.log'], 2],
  ])('take the parts of a rotated log for one machine’s: %j', (files, machines) => {
    // Two machines of another log, so that none is the only one.
    const maker = peersOf(peersOf(new EvidenceMaker(), '10.0.0.5', 'eni-1'), '10.0.0.6', 'eni-2');
    const query = { actorAddr: '203.0.113.1', service: 'http', object: '/', outcome: QUERY_OUTCOME.success };
    for (const [day, name] of files.entries())
      maker.source({ name, format: 'access-log' }).query({ timeUs: T0 + day * 86_400e6, ...query });
    expect(lay(maker).ground.assets.count).toBe(2 + machines);
  });

  it('take files of such names for two machines’ where they tell of the same hours', () => {
    const maker = peersOf(peersOf(new EvidenceMaker(), '10.0.0.5', 'eni-1'), '10.0.0.6', 'eni-2');
    const query = { actorAddr: '203.0.113.1', service: 'http', object: '/', outcome: QUERY_OUTCOME.success };
    for (const name of ['access.log', 'access.log.1']) {
      const source = maker.source({ name, format: 'access-log' });
      for (const hour of [0, 5]) source.query({ timeUs: T0 + hour * 3600e6, ...query });
    }
    expect(lay(maker).ground.assets.count).toBe(4);
  });

  it('never take the log of a cloud for that of the one bucket in it, though the case says how far to trust it', () => {
    const maker = new EvidenceMaker();
    const query = { timeUs: T0, actorAddr: '203.0.113.1', service: 's3', host: 'backups', object: 'a.sql' };
    maker
      .source({ name: 'trail.json', format: 'cloudtrail' })
      .query({ ...query, outcome: QUERY_OUTCOME.success });
    for (const parameters of [{}, { sources: [{ name: '*', trusted: true }] }]) {
      const { names, bySource } = lay(maker, parameters).ground.assets;
      expect(names).toEqual(['backups']);
      expect([...(bySource ?? [])].every((asset) => asset === 0)).toBe(true);
    }
  });

  it('never take a stranger that a sensor names for a machine of ours', () => {
    const maker = peersOf(new EvidenceMaker(), '10.0.0.5', '');
    const query = { timeUs: T0, actorAddr: '10.0.0.5', service: 'http', object: '/', status: 200 };
    maker.source({ name: 'http.log', format: 'zeek' }).query({ ...query, host: '203.0.113.99' });
    expect(Object.keys(named(lay(maker)))).toEqual(['10.0.0.5']);
  });
});

describe('actors', () => {
  const cloud = (maker: EvidenceMaker, address: string, principals: readonly string[]): EvidenceMaker => {
    const source = maker.source({ name: 'trail.json', format: 'cloudtrail' });
    for (let i = 0; i < 30; i++)
      source.query({
        timeUs: T0 + i,
        actorAddr: address,
        principal: principals[i % principals.length]!,
        service: 's3',
        outcome: QUERY_OUTCOME.success,
      });
    return maker;
  };

  it('are principals where rows carry no address', () => {
    const bench = lay(cloud(new EvidenceMaker(), '', ['alice', 'bob']));
    expect(bench.ground.actors.texts).toEqual(['alice', 'bob']);
    expect(bench.inferred.join()).toContain('no row carries an address');
  });

  it('are principals where all share one address, which is then nobody', () => {
    const bench = lay(cloud(new EvidenceMaker(), '203.0.113.5', ['alice', 'bob', 'carol']));
    expect(bench.ground.actors.texts).toEqual(['alice', 'bob', 'carol']);
  });

  it('stay addresses where the shared one is somebody in other logs', () => {
    const maker = cloud(peersOf(new EvidenceMaker(), '10.0.0.5', 'eni-1'), '203.0.113.5', [
      'alice',
      'bob',
      'carol',
    ]);
    expect(lay(maker).ground.actors.texts).not.toContain('alice');
  });

  it('are not the user names that one guesser tries', () => {
    const maker = new EvidenceMaker();
    const source = maker.source({ format: 'syslog' });
    for (let i = 0; i < 50; i++)
      source.login({
        timeUs: T0 + i,
        actorAddr: '203.0.113.5',
        host: 'web',
        user: `u${i}`,
        outcome: LOGIN_OUTCOME.failure,
      });
    expect(lay(maker).ground.actors.texts).toEqual(['203.0.113.5']);
  });

  it('carry the label that the case gives them, by address, range or name', () => {
    const maker = cloud(peersOf(new EvidenceMaker(), '10.0.0.5', 'eni-1', 3), '', ['alice', 'bob']);
    const { actors } = lay(maker, {
      knownActors: [
        { actor: '203.0.113.1', label: 'office' },
        { cidr: '203.0.113.2/31', label: 'monitoring' },
        { actor: 'alice', label: 'admin' },
      ],
    }).ground;
    expect(Object.fromEntries(actors.texts.map((text, id) => [text, actors.known[id]]))).toEqual({
      '203.0.113.1': 'office',
      '203.0.113.2': 'monitoring',
      '203.0.113.3': 'monitoring',
      alice: 'admin',
      bob: undefined,
    });
  });
});
