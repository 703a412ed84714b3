import { describe, expect, it } from 'vitest';
import { CONN_STATE, LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB, VERDICT } from '../tables/schemas';
import { at, EvidenceMaker, groundOf, standingsOf, type SourceMaker } from '../../../tests/support/evidence';
import { findCoverage } from './coverage';
import { climbLadder, type Ladder } from './ladder';
import type { CaseParameters } from './parameters';

const CASE: CaseParameters = {
  ownNetworks: ['10.0.0.0/8'],
  assets: [{ name: 'log-1', aliases: ['10.0.0.5'] }],
  services: [
    { asset: 'log-1', port: 9200, authRequired: false },
    { asset: 'log-1', port: 22, authRequired: true },
  ],
  exposure: [
    { asset: 'log-1', port: 9200, opened: '2015-02-20T00:00:00Z', closed: '2015-02-23T00:00:00Z' },
    { asset: 'log-1', port: 22, opened: '2015-02-20T00:00:00Z', closed: '2015-02-23T00:00:00Z' },
  ],
  knownActors: [{ actor: '198.51.100.1', label: 'office' }],
};

/** Both directions of one connection, as a VPC flow log has them. */
function connection(
  source: SourceMaker,
  startUs: string,
  actor: string,
  port: number,
  [packetsIn, bytesIn, packetsOut, bytesOut]: readonly [number, number, number, number],
  more: Record<string, number> = {},
): void {
  const row = { startUs, endUs: at(startUs) + 30e6, ...more };
  const inward = { srcAddr: actor, srcPort: 40000, dstAddr: '10.0.0.5', dstPort: port };
  const outward = { srcAddr: '10.0.0.5', srcPort: port, dstAddr: actor, dstPort: 40000 };
  source.flow({ ...row, ...inward, srcPackets: packetsIn, srcBytes: bytesIn });
  if (packetsOut > 0) source.flow({ ...row, ...outward, srcPackets: packetsOut, srcBytes: bytesOut });
}

function climbed(maker: EvidenceMaker, parameters: CaseParameters = CASE): Ladder {
  const bench = groundOf(maker.make(), parameters);
  const standings = standingsOf(bench, { known: ['198.51.100.1'] });
  return climbLadder(bench.ground, standings, findCoverage(bench.ground));
}

function rungs(ladder: Ladder, service: string): Record<string, [number, boolean]> {
  return Object.fromEntries(
    ladder.ladder
      .filter((finding) => finding.asset === 'log-1' && finding.service === service)
      .map((finding) => [finding.actor, [finding.rung, finding.inferred]]),
  );
}

describe('bulk from flows', () => {
  /** The office takes 12 MB a session, and 50 MB in two; a stranger takes `bytes` once. */
  const rungAfter = (bytes: number, office: number): number => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    const start = at('2015-02-20T00:00:00Z');
    for (let i = 0; i < office; i++) {
      const size = i < 2 ? 50_000_000 : 12_000_000;
      const startUs = new Date((start + i * 120e6) / 1000).toISOString();
      connection(flows, startUs, '198.51.100.1', 9200, [900, 90_000, 9000, size]);
    }
    connection(flows, '2015-02-22T10:00:00Z', '203.0.113.7', 9200, [900, 90_000, 9000, bytes]);
    return rungs(climbed(maker), '9200/tcp')['203.0.113.7']![0];
  };

  it('begin where hardly a session of known clients ends: at their p99.9, not at their largest', () => {
    expect(rungAfter(11_000_000, 2001)).toBeLessThan(8);
    expect(rungAfter(13_000_000, 2001)).toBe(8);
  });

  it('begin at 10 MB where known clients have too few sessions to say, or smaller ones', () => {
    expect(rungAfter(11_000_000, 29)).toBe(8);
    expect(rungAfter(9_000_000, 29)).toBeLessThan(8);
  });
});

describe('rungs from flows', () => {
  const maker = new EvidenceMaker();
  const flows = maker.source({ format: 'vpc-flow' });
  connection(flows, '2015-02-20T10:00:00Z', '203.0.113.1', 22, [1, 60, 0, 0], { verdict: VERDICT.reject });
  connection(flows, '2015-02-20T10:01:00Z', '203.0.113.2', 22, [1, 60, 0, 0]);
  connection(flows, '2015-02-20T10:02:00Z', '203.0.113.3', 22, [3, 180, 3, 120]);
  connection(flows, '2015-02-20T10:03:00Z', '203.0.113.4', 22, [3, 164, 2, 112]);
  connection(flows, '2015-02-20T10:03:10Z', '2001:db8::3', 22, [3, 240, 3, 180]);
  connection(flows, '2015-02-20T10:03:20Z', '2001:db8::4', 22, [3, 224, 2, 152]);
  connection(flows, '2015-02-20T10:04:00Z', '203.0.113.5', 22, [12, 2000, 11, 3000]);
  connection(flows, '2015-02-20T10:05:00Z', '203.0.113.6', 9200, [12, 2000, 11, 3000]);
  connection(flows, '2015-02-20T10:06:00Z', '203.0.113.7', 9200, [9000, 500_000, 9000, 12_000_000]);
  connection(flows, '2015-02-20T10:07:00Z', '203.0.113.8', 22, [9000, 11_000_000, 9000, 12_000_000]);
  const ladder = climbed(maker);

  it('never claim more than an answered connection or payload both ways', () => {
    expect(rungs(ladder, '22/tcp')).toEqual({
      // Rejected; let in by the rules but never answered; answered by resets (40 bytes a packet): all no more than probed.
      '203.0.113.1': [1, false],
      '203.0.113.2': [1, false],
      '203.0.113.3': [1, false],
      // SYN of 60 bytes and two ACKs of 52, answered by 60 and 52: headers only, so connected.
      '203.0.113.4': [2, false],
      // The same two over IPv6, whose header is 20 bytes longer.
      '2001:db8::3': [1, false],
      '2001:db8::4': [2, false],
      '203.0.113.5': [3, false],
      // 12 MB out but 11 MB in: PCR = 1/23 < 0.4, so not bulk.
      '203.0.113.8': [3, false],
    });
  });

  it('infer a login from a session that outlasted the time for one, where that time is known', () => {
    const long = new EvidenceMaker();
    const source = long.source({ format: 'zeek' });
    const lasting = (
      actor: string,
      port: number,
      seconds: number,
      sizes: readonly [number, number, number, number] = [90, 9000, 80, 9000],
    ): void =>
      connection(source, '2015-02-20T10:00:00Z', actor, port, sizes, {
        endUs: at('2015-02-20T10:00:00Z') + seconds * 1e6,
      });
    const limit = 2 * 120 + 60;
    lasting('203.0.113.1', 22, limit + 1);
    lasting('203.0.113.2', 22, limit - 1);
    // Nothing but headers: whatever held it open, nobody talked.
    lasting('203.0.113.3', 22, limit + 1, [3, 164, 2, 112]);
    lasting('203.0.113.4', 3389, 10 * limit);
    const told = (outlastsFactor: number): Ladder =>
      climbed(long, { ...CASE, thresholds: { aggregationSeconds: 60, outlastsFactor } });
    const found = told(2);
    expect(rungs(found, '22/tcp')).toEqual({
      '203.0.113.1': [5, true],
      '203.0.113.2': [3, false],
      '203.0.113.3': [2, false],
    });
    expect(rungs(found, '3389/tcp')['203.0.113.4'] ?? [3, false]).toEqual([3, false]);
    expect(rungs(told(4), '22/tcp')['203.0.113.1']).toEqual([3, false]);
  });

  it('infer a login only where the service needs none, and bulk only from size and one-sidedness', () => {
    // 12 MB out, 0.5 MB in: PCR = 11.5/12.5 = 0.92.
    expect(rungs(ladder, '9200/tcp')).toEqual({ '203.0.113.6': [5, true], '203.0.113.7': [8, true] });
    const why = ladder.ladder.find((finding) => finding.actor === '203.0.113.6')!.why;
    // What was seen and what follows from it are one sentence, not one that says the other again.
    expect(why.map((statement) => statement.text)).toEqual([
      expect.stringMatching(/^Payload went both ways on log-1 9200\/tcp, which is held to need no login/),
    ]);
  });

  it('count an actor at every rung up to its own', () => {
    const row = ladder.rows.find((entry) => entry.service === '22/tcp')!;
    expect(row.actors).toEqual([8, 8, 4, 2, 0, 0, 0, 0, 0]);
    expect(row.ceiling).toBe(3);
    expect(row.seeable[4]).toBe(0);
  });
});

describe('rungs from connection states', () => {
  it('believe the exporter that nothing was set up', () => {
    const maker = new EvidenceMaker();
    const zeek = maker.source({ format: 'zeek-conn' });
    const row = { srcPort: 4000, dstAddr: '10.0.0.5', dstPort: 22, srcPackets: 5, dstPackets: 4 };
    const states = [CONN_STATE.attempt, CONN_STATE.refused, CONN_STATE.established];
    states.forEach((connState, i) =>
      zeek.flow({
        ...row,
        startUs: '2015-02-20T10:00:00Z',
        endUs: '2015-02-20T10:00:09Z',
        srcAddr: `203.0.113.${i + 1}`,
        connState,
        srcBytes: 0,
        dstBytes: 0,
      }),
    );
    expect(rungs(climbed(maker), '22/tcp')).toEqual({
      '203.0.113.1': [1, false],
      '203.0.113.2': [1, false],
      '203.0.113.3': [2, false],
    });
  });
});

describe('rungs from logs', () => {
  const maker = new EvidenceMaker();
  const flows = maker.source({ format: 'vpc-flow' });
  for (const octet of [1, 2, 3, 4, 5, 6, 7, 8])
    connection(flows, '2015-02-21T09:00:00Z', `203.0.113.${octet}`, 9200, [5, 600, 5, 700]);
  const sshd = maker.source({ format: 'syslog', heldOffAsset: false });
  const line = { timeUs: '2015-02-21T10:00:00Z', host: 'log-1', service: 'sshd', user: 'root' };
  sshd.login({ ...line, actorAddr: '203.0.113.11', outcome: LOGIN_OUTCOME.noIdentification });
  sshd.login({ ...line, actorAddr: '203.0.113.12', outcome: LOGIN_OUTCOME.failure });
  sshd.login({ ...line, actorAddr: '203.0.113.13', outcome: LOGIN_OUTCOME.success });
  const access = maker.source({ format: 'access-log' });
  const get = {
    timeUs: '2015-02-21T11:00:00Z',
    host: 'log-1',
    service: 'elasticsearch',
    verb: QUERY_VERB.read,
  };
  const ok = { status: 200, outcome: QUERY_OUTCOME.success, bytesReturned: 500 };
  access.query({
    ...get,
    actorAddr: '203.0.113.1',
    object: '/_search',
    status: 401,
    outcome: QUERY_OUTCOME.denied,
  });
  access.query({ ...get, ...ok, actorAddr: '203.0.113.2', object: '/' });
  access.query({ ...get, ...ok, actorAddr: '203.0.113.3', object: '/_cluster/health?pretty' });
  access.query({ ...get, ...ok, actorAddr: '203.0.113.4', object: '/app-2015/_search?size=100' });
  access.query({
    ...get,
    ...ok,
    actorAddr: '203.0.113.5',
    object: '/app-2015/_search',
    verb: QUERY_VERB.write,
  });
  access.query({ ...get, ...ok, actorAddr: '203.0.113.6', object: '/app-2015', verb: QUERY_VERB.delete });
  access.query({ ...get, ...ok, actorAddr: '203.0.113.7', object: '/app-2015/_count', bytesReturned: 0 });
  access.query({ ...get, ...ok, actorAddr: '203.0.113.8', object: '/app-2015/_search', bytesReturned: 6e6 });
  access.query({ ...get, ...ok, actorAddr: '203.0.113.8', object: '/app-2015/_search', bytesReturned: 5e6 });
  access.query({ ...get, ...ok, actorAddr: '198.51.100.1', object: '/app-2015/_search' });
  const ladder = climbed(maker);

  it('follow the login log', () => {
    expect(rungs(ladder, '22/tcp')).toEqual({
      '203.0.113.11': [2, false],
      '203.0.113.12': [3, false],
      '203.0.113.13': [5, false],
    });
  });

  it('tell a greeting from a read, a search by POST from a write, and add up what was returned', () => {
    const seen = rungs(ladder, '9200/tcp');
    // A refused search and a greeting are requests; that the service needs no login is inferred above them.
    expect(seen['203.0.113.1']).toEqual([5, true]);
    expect(seen['203.0.113.2']).toEqual([5, true]);
    expect(seen['203.0.113.3']).toEqual([5, true]);
    expect(seen['203.0.113.4']).toEqual([7, false]);
    expect(seen['203.0.113.5']).toEqual([7, false]);
    expect(seen['203.0.113.6']).toEqual([5, false]);
    expect(seen['203.0.113.7']).toEqual([6, false]);
    // 6 MB and 5 MB: bulk at 10 MB.
    expect(seen['203.0.113.8']).toEqual([8, false]);
  });

  it('call rows and reads bulk from the number on that the parameters say', () => {
    const maker = new EvidenceMaker();
    const source = maker.source({ format: 'postgresql' });
    const read = (second: number, actor: string, rowsReturned: number): void => {
      source.query({
        timeUs: at('2015-02-20T10:00:00Z') + second * 1e6,
        actorAddr: actor,
        host: 'log-1',
        servicePort: 9200,
        verb: QUERY_VERB.read,
        outcome: QUERY_OUTCOME.success,
        rowsReturned,
      });
    };
    for (let second = 0; second < 3; second++) {
      read(second, '203.0.113.1', 40);
      read(second, '203.0.113.2', 1);
    }
    const rungOf = (thresholds: CaseParameters['thresholds'], actor: string): number | undefined =>
      rungs(climbed(maker, { ...CASE, thresholds }), '9200/tcp')[actor]?.[0];
    expect(rungOf({ bulkRows: 120 }, '203.0.113.1')).toBe(8);
    expect(rungOf({ bulkRows: 121 }, '203.0.113.1')).toBe(7);
    expect(rungOf({ bulkReads: 3 }, '203.0.113.2')).toBe(8);
    expect(rungOf({ bulkReads: 4 }, '203.0.113.2')).toBe(7);
  });

  it('believe a log that tells statements as they arrive that what was asked for was read, and say that it tells no answer', () => {
    const asked = (format: string): Ladder => {
      const maker = new EvidenceMaker();
      const source = maker.source({ format });
      const row = { timeUs: '2015-02-20T10:00:00Z', host: 'log-1', servicePort: 3306 };
      source.query({ ...row, actorAddr: '203.0.113.1', verb: QUERY_VERB.read });
      source.query({ ...row, actorAddr: '203.0.113.2', verb: QUERY_VERB.unknown });
      source.query({ ...row, actorAddr: '203.0.113.3', verb: QUERY_VERB.read, outcome: QUERY_OUTCOME.error });
      return climbed(maker);
    };
    const general = asked('mysql-log');
    expect(rungs(general, '3306/tcp')).toMatchObject({
      '203.0.113.1': [6, false],
      '203.0.113.2': [4, false],
      '203.0.113.3': [4, false],
    });
    const row = general.rows.find((entry) => entry.service === '3306/tcp')!;
    expect(row.ceiling).toBe(6);
    const { why } = general.ladder.find((finding) => finding.actor === '203.0.113.1')!;
    expect(why[0]!.text).toBe(
      'The log of log-1 3306/tcp shows 1 read asked for by a connection that had logged in; what was answered it never tells.',
    );
    // Of any other log, nobody knows what an unknown outcome was.
    expect(rungs(asked('json-table'), '3306/tcp')['203.0.113.1']).toEqual([4, false]);
  });

  it('keep known actors in the list and out of the count', () => {
    expect(rungs(ladder, '9200/tcp')['198.51.100.1']).toEqual([7, false]);
    const row = ladder.rows.find((entry) => entry.service === '9200/tcp')!;
    // 203.0.113.4, .5, .7 and .8 reached 6; the office, which did too, is not counted.
    expect(row.actors[6]).toBe(4);
    expect(row.actors[8]).toBe(1);
    expect(row.ceiling).toBe(8);
  });

  it('open the rows behind each claim', () => {
    const success = ladder.ladder.find((finding) => finding.actor === '203.0.113.13')!;
    expect(success.why[0]!.rows![0]).toMatchObject({
      table: 'logins',
      actor: '203.0.113.13',
      asset: 'log-1',
    });
  });
});
