import { describe, expect, it } from 'vitest';
import { at, EvidenceMaker, groundOf, standingsOf, type SourceMaker } from '../../../tests/support/evidence';
import { seededRandom } from '../base/random';
import { kolmogorovSmirnovUniform } from '../base/statistics';
import { LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB, VERDICT } from '../tables/schemas';
import { compareWithControls, controlGroups } from './control-group';
import { findDecoy } from './decoy';
import type { ActorFinding, Findings } from './findings';
import { findNoise } from './noise';
import type { CaseParameters } from './parameters';
import { analyze } from './run';

const CASE: CaseParameters = { ownNetworks: ['10.0.0.0/8'] };
const T0 = at('2015-03-02T00:00:00Z');
const DAY = 86_400e6;

/** One conversation: `bytes` come back, in as many packets as that takes. */
function talk(
  source: SourceMaker,
  startUs: number,
  actor: string,
  bytes: number,
  more: { port?: number; lastsUs?: number; asset?: string } = {},
): void {
  const { port = 9200, lastsUs = 1e6, asset = '10.0.0.5' } = more;
  const times = { startUs, endUs: startUs + lastsUs, protocol: 6, verdict: VERDICT.accept };
  source.flow({
    ...times,
    srcAddr: actor,
    srcPort: 40000,
    dstAddr: asset,
    dstPort: port,
    srcBytes: 400,
    srcPackets: 5,
  });
  const srcPackets = Math.ceil(bytes / 1400);
  source.flow({
    ...times,
    srcAddr: asset,
    srcPort: port,
    dstAddr: actor,
    dstPort: 40000,
    srcBytes: bytes,
    srcPackets,
  });
}

const bot = (i: number): string => `203.${i % 200}.${Math.floor(i / 200)}.9`;

/** Sizes of about 600 to 2,000 bytes, seeded. */
function crowd(source: SourceMaker, count: number, seed = 1, more: { port?: number } = {}): void {
  const random = seededRandom(seed);
  for (let i = 0; i < count; i++)
    talk(source, T0 + i * 60e6, bot(i), 600 + Math.floor(1400 * random() ** 2), more);
}

describe('control group', () => {
  it('gives p = (1 + #noise ≥ x)/(1 + #noise), by hand', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    for (let i = 0; i < 99; i++) talk(flows, T0 + i * 60e6, bot(i), 1000 + i);
    talk(flows, T0, '198.51.100.1', 50_000);
    talk(flows, T0 + 3600e6, '198.51.100.2', 1090);
    const bench = groundOf(maker.make(), CASE);
    const standings = standingsOf(bench, { noise: Array.from({ length: 99 }, (_, i) => bot(i)) });
    const [group] = controlGroups(bench.ground, standings);
    expect(group).toMatchObject({ asset: '10.0.0.5', service: '9200/tcp', sessions: 99, isUsable: true });
    const [bytes] = group!.measures;
    expect(bytes!.quantiles[0]).toBe(1000);
    expect(bytes!.quantiles[100]).toBe(1098);
    // Above all 99: 1/100. 1090 is met or passed by 1090…1098: 10/100.
    expect(bytes!.suspects.map(({ actor, p }) => [actor, p])).toEqual([
      ['198.51.100.1', 0.01],
      ['198.51.100.2', 0.1],
    ]);
    expect(bytes!.suspects.map(({ isDiscovery }) => isDiscovery)).toEqual([true, false]);
    expect(bytes!.suspects[0]!.rows).toMatchObject({ table: 'flows', actor: '198.51.100.1', port: 9200 });
  });

  it('gives no p-value below the parameter’s number of sessions', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    crowd(flows, 29);
    talk(flows, T0, '198.51.100.1', 50_000);
    const bench = groundOf(maker.make(), CASE);
    const noise = standingsOf(bench, { noise: Array.from({ length: 29 }, (_, i) => bot(i)) });
    expect(controlGroups(bench.ground, noise)[0]).toMatchObject({ sessions: 29, isUsable: false });
    expect(controlGroups(bench.ground, noise)[0]!.measures[0]!.suspects).toEqual([]);
  });

  it('pools an asset that has too few with the smallest of those that have enough', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    crowd(flows, 60);
    talk(flows, T0, bot(1), 900, { asset: '10.0.0.6' });
    talk(flows, T0, '198.51.100.1', 50_000, { asset: '10.0.0.6' });
    const bench = groundOf(maker.make(), CASE);
    const noise = standingsOf(bench, { noise: Array.from({ length: 60 }, (_, i) => bot(i)) });
    const pooled = controlGroups(bench.ground, noise).find(({ asset }) => asset === null);
    expect(pooled).toMatchObject({ service: '9200/tcp', sessions: 60, isUsable: true });
    expect(pooled!.measures[0]!.suspects[0]).toMatchObject({ actor: '198.51.100.1', p: 1 / 61 });
  });

  it('keeps the noise of a busy asset out of the pool of the others where they suffice by themselves', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    crowd(flows, 60);
    for (let i = 60; i < 100; i++) talk(flows, T0, bot(i), 900, { asset: i < 80 ? '10.0.0.6' : '10.0.0.7' });
    const bench = groundOf(maker.make(), CASE);
    const noise = standingsOf(bench, { noise: Array.from({ length: 100 }, (_, i) => bot(i)) });
    expect(controlGroups(bench.ground, noise).map(({ asset, sessions }) => [asset, sessions])).toEqual([
      ['10.0.0.5', 60],
      [null, 40],
    ]);
  });

  it('has uniform p-values when the suspect is one of the crowd, and then discovers nothing', () => {
    const ps: number[] = [];
    let discoveries = 0;
    for (let seed = 1; seed <= 120; seed++) {
      const maker = new EvidenceMaker();
      crowd(maker.source({ format: 'vpc-flow' }), 101, seed);
      const bench = groundOf(maker.make(), CASE);
      // The seed picks which of the crowd is held to be no noise: that choice knows nothing of sizes.
      const odd = (seed * 37) % 101;
      const noise = Array.from({ length: 101 }, (_, i) => bot(i)).filter((_, i) => i !== odd);
      const [group] = controlGroups(bench.ground, standingsOf(bench, { noise }));
      for (const suspect of group!.measures[0]!.suspects) {
        ps.push(suspect.p);
        if (suspect.isDiscovery) discoveries += 1;
      }
    }
    expect(ps).toHaveLength(120);
    expect(kolmogorovSmirnovUniform(ps).p).toBeGreaterThan(0.01);
    expect(discoveries).toBe(0);
  });

  it('does not take what a noisy actor did after getting in for a failed attempt', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    crowd(flows, 60);
    talk(flows, T0, bot(7), 9e6);
    const bench = groundOf(maker.make(), CASE);
    const noise = standingsOf(bench, { noise: Array.from({ length: 60 }, (_, i) => bot(i)) });
    const gotIn = new Uint8Array(bench.ground.actors.count);
    gotIn[bench.ground.actors.texts.indexOf(bot(7))] = 1;
    const { isDiscovery, groups } = compareWithControls(bench.ground, noise, gotIn);
    expect(groups[0]!.measures[0]!.quantiles[100]).toBeLessThan(2001);
    expect(isDiscovery[bench.ground.actors.texts.indexOf(bot(7))]).toBe(1);
  });

  it('counts a bot once, however often it came', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    crowd(flows, 60);
    for (let i = 0; i < 1000; i++) talk(flows, T0 + i * 7e6, bot(3), 5000);
    talk(flows, T0, '198.51.100.1', 4000);
    const bench = groundOf(maker.make(), CASE);
    const noise = standingsOf(bench, { noise: Array.from({ length: 60 }, (_, i) => bot(i)) });
    const [group] = controlGroups(bench.ground, noise);
    // By session, 1,000 of 1,060 got more than 4,000 bytes; of the bots one did.
    expect(group!.sessions).toBe(60);
    expect(group!.measures[0]!.suspects[0]).toMatchObject({ p: 2 / 61, isDiscovery: false });
  });

  it('discovers nothing in what many strangers do, though all noise is port scanners', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    const random = seededRandom(3);
    for (let i = 0; i < 40; i++) talk(flows, T0 + i * 60e6, bot(i), 100 + (i % 3), { port: 22 });
    for (let i = 40; i < 80; i++)
      talk(flows, T0 + i * 60e6, bot(i), 2500 + Math.floor(900 * random()), { port: 22 });
    talk(flows, T0, '198.51.100.1', 3e6, { port: 22 });
    const bench = groundOf(maker.make(), CASE);
    const noise = standingsOf(bench, { noise: Array.from({ length: 40 }, (_, i) => bot(i)) });
    const { isDiscovery } = compareWithControls(bench.ground, noise);
    const found = bench.ground.actors.texts.filter((_, actor) => isDiscovery[actor] === 1);
    expect(found).toEqual(['198.51.100.1']);
  });

  it('holds a guesser whose one session got what no failed login gets against the others', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    crowd(flows, 60, 1, { port: 22 });
    talk(flows, T0, bot(7), 2e6, { port: 22 });
    const bench = groundOf(maker.make(), CASE);
    const noise = standingsOf(bench, { noise: Array.from({ length: 60 }, (_, i) => bot(i)) });
    const { isDiscovery, groups } = compareWithControls(bench.ground, noise);
    expect(groups[0]!.measures[0]!.quantiles[100]).toBeLessThan(2001);
    expect(bench.ground.actors.texts.filter((_, actor) => isDiscovery[actor] === 1)).toEqual([bot(7)]);
  });

  it('discovers nothing in a page that strangers of several services asked for and none of the noise did', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    for (const asset of ['10.0.0.5', '10.0.0.6']) {
      for (let i = 0; i < 60; i++) talk(flows, T0 + i * 60e6, bot(i), 750 + (i % 4), { asset });
      for (const k of [1, 2]) {
        const stranger = `198.51.${asset.slice(-1)}.${k}`;
        talk(flows, T0 + k * 3600e6, stranger, 6010 + 20 * k, { asset });
      }
    }
    talk(flows, T0, '198.51.100.1', 90_000);
    const bench = groundOf(maker.make(), CASE);
    const noise = standingsOf(bench, { noise: Array.from({ length: 60 }, (_, i) => bot(i)) });
    const { isDiscovery } = compareWithControls(bench.ground, noise);
    expect(bench.ground.actors.texts.filter((_, actor) => isDiscovery[actor] === 1)).toEqual([
      '198.51.100.1',
    ]);
  });

  it('leaves a size that many bots reach in the control group', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    crowd(flows, 60, 1, { port: 22 });
    for (let i = 0; i < 6; i++) talk(flows, T0 + i * 9e6, bot(i), 2e6, { port: 22 });
    const bench = groundOf(maker.make(), CASE);
    const noise = standingsOf(bench, { noise: Array.from({ length: 60 }, (_, i) => bot(i)) });
    expect(compareWithControls(bench.ground, noise).isDiscovery).not.toContain(1);
  });
});

function actorOf(findings: Findings, actor: string): ActorFinding {
  const found = findings.actors.find((each) => each.actor === actor);
  if (!found) throw new Error(`no actor ${actor}`);
  return found;
}

const signsOf = (actor: ActorFinding): string[] => actor.why.map(({ sign }) => sign);

function login(
  source: SourceMaker,
  us: number,
  actor: string,
  user: string,
  outcome: number = LOGIN_OUTCOME.failure,
  process = 0,
): void {
  source.login({ timeUs: us, actorAddr: actor, host: 'web', service: 'sshd', user, outcome, process });
}

describe('quiet actors', () => {
  it('are those who take away what no bot gets, with flows alone', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    crowd(flows, 300);
    for (const day of [1, 2]) talk(flows, T0 + day * 3600e6, '198.51.100.7', 3e6);
    const findings = analyze(maker.make(), CASE);
    const quiet = actorOf(findings, '198.51.100.7');
    expect([quiet.standing, quiet.quietRank]).toEqual(['quiet', 1]);
    expect(signsOf(quiet)).toContain('control-bytesToActor');
    expect(findings.actors.filter(({ standing }) => standing === 'quiet')).toHaveLength(1);
    expect(findings.actors.filter(({ standing }) => standing === 'noise').length).toBeGreaterThan(270);
  });

  it('are those who are accepted at the first try among guessers', () => {
    const maker = new EvidenceMaker();
    const auth = maker.source({ format: 'syslog' });
    for (let i = 0; i < 40; i++)
      for (let k = 0; k < 8; k++) login(auth, T0 + i * 600e6 + k * 1e6, bot(i), 'root');
    login(auth, T0 + DAY / 2, '198.51.100.7', 'deploy', LOGIN_OUTCOME.success);
    const quiet = actorOf(analyze(maker.make(), CASE), '198.51.100.7');
    expect([quiet.standing, quiet.quietRank, quiet.succeeded, quiet.rung]).toEqual(['quiet', 1, true, 5]);
    expect(signsOf(quiet)).toEqual(expect.arrayContaining(['depth', 'first-try']));
  });

  it('rank a guesser who got in, though noise, and never hide it', () => {
    const maker = new EvidenceMaker();
    const auth = maker.source({ format: 'syslog' });
    for (let i = 0; i < 40; i++)
      for (let k = 0; k < 8; k++) login(auth, T0 + i * 600e6 + k * 1e6, bot(i), 'root');
    for (let k = 0; k < 25; k++) login(auth, T0 + DAY + k * 20e6, bot(3), 'root');
    login(auth, T0 + DAY + 600e6, bot(3), 'root', LOGIN_OUTCOME.success, 77);
    login(auth, T0 + DAY + 1000e6, bot(3), 'root', LOGIN_OUTCOME.disconnect, 77);
    const findings = analyze(maker.make(), CASE);
    const guesser = actorOf(findings, bot(3));
    expect([guesser.standing, guesser.succeeded, guesser.quietRank]).toEqual(['noise', true, 1]);
    expect(guesser.why.find(({ sign }) => sign === 'success-after-guessing')).toMatchObject({ value: 25 });
    expect(guesser.why.find(({ sign }) => sign === 'long-session')!.text).toContain('6 min 40 s');
    expect(findings.actors[0]!.actor).toBe(bot(3));
  });

  it.each([true, false])(
    'are not regulars who came the same way before the exposure, where others were turned away then (%s)',
    (wereTurnedAway) => {
      const maker = new EvidenceMaker();
      const flows = maker.source({ format: 'vpc-flow' });
      for (let d = -10; d < 0; d++) talk(flows, T0 + d * DAY, '192.0.2.1', 3e6);
      if (wereTurnedAway)
        flows.flow({
          startUs: T0 - DAY / 24,
          endUs: T0 - DAY / 24,
          protocol: 6,
          verdict: VERDICT.reject,
          srcAddr: '198.51.100.9',
          srcPort: 40000,
          dstAddr: '10.0.0.5',
          dstPort: 9200,
          srcBytes: 40,
          srcPackets: 1,
        });
      crowd(flows, 300);
      talk(flows, T0 + DAY / 10, '192.0.2.1', 3e6);
      talk(flows, T0 + DAY / 10, '198.51.100.7', 3e6);
      const findings = analyze(maker.make(), CASE);
      // Else only the crowd says that it opened, and who came before the crowd may have found it first.
      expect(signsOf(actorOf(findings, '192.0.2.1')).includes('regular')).toBe(wereTurnedAway);
      expect(signsOf(actorOf(findings, '198.51.100.7')).includes('newcomer')).toBe(wereTurnedAway);
      if (wereTurnedAway) expect(actorOf(findings, '192.0.2.1').standing).toBe('unknown');
    },
  );

  it('are never those that the case declares known', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    crowd(flows, 100);
    talk(flows, T0, '198.51.100.7', 3e6);
    const findings = analyze(maker.make(), {
      ...CASE,
      knownActors: [{ actor: '198.51.100.7', label: 'backup' }],
    });
    expect(actorOf(findings, '198.51.100.7')).toMatchObject({
      standing: 'known',
      label: 'backup',
      quietRank: null,
    });
  });

  it('ask for data without having looked for it', () => {
    const maker = new EvidenceMaker();
    const audit = maker.source({ format: 'elasticsearch-audit' });
    const read = { host: 'es', service: 'elasticsearch', servicePort: 9200, verb: QUERY_VERB.read };
    audit.query({
      timeUs: T0,
      actorAddr: '198.51.100.7',
      object: 'mail-2015',
      outcome: QUERY_OUTCOME.success,
      ...read,
    });
    // One of our own machines, which was set up to ask.
    audit.query({
      timeUs: T0,
      actorAddr: '10.0.0.9',
      object: 'mail-2015',
      outcome: QUERY_OUTCOME.success,
      ...read,
    });
    const findings = analyze(maker.make(), CASE);
    const quiet = actorOf(findings, '198.51.100.7');
    expect(signsOf(quiet)).toContain('unscanned-query');
    expect([quiet.rung, quiet.standing]).toEqual([6, 'quiet']);
    expect(actorOf(findings, '10.0.0.9').standing).toBe('unknown');
  });

  it('are not desks of ours that use one service out of two', () => {
    const maker = new EvidenceMaker();
    const access = maker.source({ format: 'access-log' });
    const answer = {
      service: 'http',
      verb: QUERY_VERB.read,
      object: '/wiki',
      status: 200,
      bytesReturned: 900,
    };
    const ask = (actorAddr: string, host: string, servicePort: number): void => {
      access.query({ timeUs: T0, actorAddr, host, servicePort, outcome: QUERY_OUTCOME.success, ...answer });
    };
    ask('10.0.0.9', 'wiki', 8080);
    ask('10.0.0.10', 'shop', 8080);
    ask('198.51.100.7', 'wiki', 8080);
    const { actors } = analyze(maker.make(), CASE);
    const quiet = actors.filter(({ standing }) => standing === 'quiet').map(({ actor }) => actor);
    expect(quiet).toEqual(['198.51.100.7']);
  });

  it('are none of those who were sent elsewhere', () => {
    const maker = new EvidenceMaker();
    const access = maker.source({ format: 'access-log' });
    const request = {
      host: 'web',
      service: 'http',
      servicePort: 8080,
      verb: QUERY_VERB.read,
      bytesReturned: 178,
    };
    for (const [actorAddr, status] of [
      ['198.51.100.7', 200],
      ['198.51.100.8', 301],
    ] as const)
      access.query({
        timeUs: T0,
        actorAddr,
        object: '/wiki',
        status,
        outcome: QUERY_OUTCOME.success,
        ...request,
      });
    const { actors } = analyze(maker.make(), CASE);
    const quiet = actors.filter(({ standing }) => standing === 'quiet').map(({ actor }) => actor);
    expect(quiet).toEqual(['198.51.100.7']);
  });

  it('are none of those who were turned away, new as they are', () => {
    const maker = new EvidenceMaker();
    const audit = maker.source({ format: 'kubernetes-audit' });
    const request = { host: 'cluster', service: 'kubernetes', servicePort: 6443, verb: QUERY_VERB.read };
    const get = (timeUs: number, actorAddr: string, status: number, outcome: number): void => {
      audit.query({ timeUs, actorAddr, object: '/api/v1/secrets', status, outcome, ...request });
    };
    const flows = maker.source({ format: 'vpc-flow' });
    for (let hour = 0; hour < 96; hour++)
      talk(flows, T0 - 2 * DAY + hour * 3600e6, '10.0.0.9', 900, { port: 6443 });
    for (const actor of ['198.51.100.7', '198.51.100.8']) talk(flows, T0, actor, 900, { port: 6443 });
    get(T0, '198.51.100.7', 200, QUERY_OUTCOME.success);
    get(T0, '198.51.100.8', 403, QUERY_OUTCOME.denied);
    const parameters = {
      ...CASE,
      assets: [{ name: 'cluster', aliases: ['10.0.0.5'] }],
      exposure: [
        { asset: 'cluster', port: 6443, opened: '2015-03-01T23:00:00Z', closed: '2015-03-03T00:00:00Z' },
      ],
    };
    const turnedAway = actorOf(analyze(maker.make(), parameters), '198.51.100.8');
    expect([turnedAway.standing, signsOf(turnedAway).includes('newcomer')]).toEqual(['unknown', false]);
  });

  it('are not partners from before, whose busiest hour stands out as it did then', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    const access = maker.source({ format: 'access-log' });
    for (let hour = 0; hour < 240; hour++)
      talk(flows, T0 - 8 * DAY + hour * 3600e6, '10.0.0.9', 900 + 10 * (hour % 7), { port: 8080 });
    for (const timeUs of [T0 - DAY, T0 + 3600e6]) {
      talk(flows, timeUs, '203.0.113.10', 150_000, { port: 8080 });
      const asked = { object: '/report', verb: QUERY_VERB.read, status: 200, outcome: QUERY_OUTCOME.success };
      access.query({
        timeUs,
        actorAddr: '203.0.113.10',
        host: 'web',
        servicePort: 8080,
        bytesReturned: 150_000,
        ...asked,
      });
    }
    const parameters = {
      ...CASE,
      assets: [{ name: 'web', aliases: ['10.0.0.5'] }],
      exposure: [
        { asset: 'web', port: 8080, opened: '2015-03-02T00:00:00Z', closed: '2015-03-03T00:00:00Z' },
      ],
    };
    const partner = actorOf(analyze(maker.make(), parameters), '203.0.113.10');
    expect(signsOf(partner)).toEqual(expect.arrayContaining(['regular', 'volume']));
    expect(partner.standing).toBe('unknown');
  });

  it('know a path that hardly anyone else asks for', () => {
    const maker = new EvidenceMaker();
    const access = maker.source({ format: 'access-log' });
    const request = { host: 'es', service: 'elasticsearch', servicePort: 9200, verb: QUERY_VERB.read };
    const ask = (second: number, actor: string, object: string, outcome: number): void => {
      access.query({ timeUs: T0 + second * 1e6, actorAddr: actor, object, outcome, ...request });
    };
    ask(1, '198.51.100.7', '/mail-2015.03/_search?size=500', QUERY_OUTCOME.success);
    // Who fails first, who comes by the front door, and who asks for what everyone asks for did not know it.
    ask(2, '198.51.100.8', '/guess', QUERY_OUTCOME.error);
    ask(3, '198.51.100.8', '/mail-2015.04/_search', QUERY_OUTCOME.success);
    ask(4, '198.51.100.9', '/', QUERY_OUTCOME.success);
    for (let i = 0; i < 4; i++) ask(5 + i, bot(i), '/_cat/indices', QUERY_OUTCOME.success);
    for (let i = 0; i < 4; i++) ask(9 + i, bot(10 + i), `/shop/item?id=${i}`, QUERY_OUTCOME.success);
    const { actors } = analyze(maker.make(), CASE);
    const knowing = actors.filter((each) => signsOf(each).includes('known-path')).map(({ actor }) => actor);
    expect(knowing).toEqual(['198.51.100.7']);
  });

  it('draw names from outside the shared dictionary', () => {
    const maker = new EvidenceMaker();
    const auth = maker.source({ format: 'syslog' });
    const shared = ['root', 'admin', 'pi', 'test', 'oracle'];
    for (let i = 0; i < 30; i++)
      for (const [k, user] of shared.entries()) login(auth, T0 + i * 600e6 + k * 1e6, bot(i), user);
    for (const [k, user] of ['h.meier', 'k.larsen', 'archive-ro'].entries())
      login(auth, T0 + DAY + k * 3600e6, '198.51.100.7', user);
    const { why } = actorOf(analyze(maker.make(), CASE), '198.51.100.7');
    // 3 of 3 outside, where 3 of 153 pairs are: 1/C(153, 3) = 1/585,276.
    expect(why.find(({ sign }) => sign === 'own-names')!.value).toBeCloseTo(1 / 585_276, 12);
  });
});

describe('decoy', () => {
  /** A bot a minute for two days, a thousand in one hour, and a quiet actor at `hour`. */
  function cover(hours: readonly number[]): Findings['decoy'] {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    for (let m = 0; m < 2880; m++) talk(flows, T0 + m * 60e6, bot(m % 900), 900);
    for (let i = 0; i < 1000; i++) talk(flows, T0 + 20 * 3600e6 + i * 3.6e6, bot(i % 900), 905);
    for (const hour of hours) talk(flows, T0 + hour * 3600e6 + 30e6, '198.51.100.7', 3e6);
    const bench = groundOf(maker.make(), CASE);
    const noise = findNoise(bench);
    noise.standings.standing[bench.ground.actors.texts.indexOf('198.51.100.7')] = 2;
    return findDecoy(bench, noise);
  }

  it('finds quiet sessions under the peak, and says where', () => {
    const decoy = cover([20.2, 20.5, 20.8]);
    expect(decoy).toMatchObject({ isUsable: true, shifts: 2000, sessions: 3 });
    expect(decoy.p).toBeLessThan(0.02);
    expect(decoy.observed).toBeGreaterThan(10);
    expect(decoy.expected).toBeLessThan(2.5);
    expect(decoy.peaks).toHaveLength(3);
    expect(decoy.reason).toContain('Co-occurrence is not intent');
  });

  it('finds nothing in sessions at any hour, and the same each time', () => {
    const decoy = cover([3, 9, 31]);
    expect(decoy.p).toBeGreaterThan(0.5);
    expect(cover([3, 9, 31])).toEqual(decoy);
  });

  it('says why it cannot be asked', () => {
    const maker = new EvidenceMaker();
    crowd(maker.source({ format: 'vpc-flow' }), 50);
    const bench = groundOf(maker.make(), CASE);
    expect(findDecoy(bench, findNoise(bench))).toMatchObject({ isUsable: false, sessions: 0 });
  });
});
