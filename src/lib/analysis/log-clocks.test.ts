import { describe, expect, it } from 'vitest';
import { MICROS_PER_HOUR, MICROS_PER_MINUTE } from '../base/time';
import { LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { at, EvidenceMaker, groundOf, standingsOf } from '../../../tests/support/evidence';
import { findCoverage } from './coverage';
import { climbLadder } from './ladder';
import { readClocks } from './login-matches';
import type { CaseParameters } from './parameters';
import { decideVerdicts } from './verdict';

const START = at('2015-02-20T00:00:00Z');
const CASE: CaseParameters = {
  ownNetworks: ['10.0.0.0/8'],
  assets: [{ name: 'log-1', aliases: ['10.0.0.5'] }],
  exposure: [{ asset: 'log-1', port: 9200, opened: '2015-02-20T00:00:00Z', closed: '2015-02-22T00:00:00Z' }],
};

/** Bots greet the service every 20 minutes for two days; a stranger reads once at 02:00 of the 21st. The host runs seven hours behind. */
function verdicts(setRight: boolean): string[] {
  const maker = new EvidenceMaker();
  const flows = maker.source({ format: 'vpc-flow' });
  const audit = maker.source({ format: 'es-audit', heldOffAsset: false });
  const talk = (startUs: number, actor: string, port: number, object: string): void => {
    const row = { startUs, endUs: startUs + 3e6 };
    flows.flow({
      ...row,
      srcAddr: actor,
      srcPort: port,
      dstAddr: '10.0.0.5',
      dstPort: 9200,
      srcBytes: 2500,
      srcPackets: 15,
    });
    flows.flow({
      ...row,
      srcAddr: '10.0.0.5',
      srcPort: 9200,
      dstAddr: actor,
      dstPort: port,
      srcBytes: 9500,
      srcPackets: 15,
    });
    audit.query({
      timeUs: startUs + 1e6 - 7 * MICROS_PER_HOUR,
      actorAddr: actor,
      actorPort: port,
      host: 'log-1',
      service: 'elasticsearch',
      verb: QUERY_VERB.read,
      object,
      status: 200,
      outcome: QUERY_OUTCOME.success,
      bytesReturned: 700,
    });
  };
  for (let i = 0; i < 144; i++)
    talk(START + i * 20 * MICROS_PER_MINUTE, `203.0.113.${(i % 30) + 1}`, 30_000 + i, '/');
  talk(START + 26 * MICROS_PER_HOUR, '198.51.100.7', 45_000, '/app/_search');
  const { ground } = groundOf(maker.make(), CASE);
  const clocks = setRight ? readClocks(ground) : undefined;
  const standings = standingsOf(groundOf(maker.make(), CASE));
  const coverage = findCoverage(ground, clocks);
  const ladder = climbLadder(ground, standings, coverage, [], clocks);
  return decideVerdicts(ground, standings, ladder, coverage).verdicts.map(
    (verdict) => `${verdict.day} ${verdict.verdict}`,
  );
}

/**
 * The login log of a host is held against flows and runs seven hours behind. Its access log, held elsewhere, gives no ports, nor a pulse that
 * flows show, and a read at 20:00 of the 20th by its own clock. `visits` strangers are in it that a sampled export shows as well,
 * one way each: the access log is `behindHours` behind of those.
 */
function verdictsOfUntestedLog(
  visits = 0,
  behindHours = 7,
): { day: string; verdict: string; text: string }[] {
  const maker = new EvidenceMaker();
  const flows = maker.source({ format: 'vpc-flow' });
  const auth = maker.source({ format: 'syslog', asset: 'log-1' });
  const access = maker.source({ format: 'access-log', asset: 'log-1', heldOffAsset: true });
  for (let i = 0; i < 144; i++) {
    const startUs = START + i * 20 * MICROS_PER_MINUTE;
    const [actor, port] = [`203.0.113.${(i % 30) + 1}`, 30_000 + i];
    const size = { startUs, endUs: startUs + 3e6, srcBytes: 2500, srcPackets: 15 };
    flows.flow({ ...size, srcAddr: actor, srcPort: port, dstAddr: '10.0.0.5', dstPort: 22 });
    flows.flow({ ...size, srcAddr: '10.0.0.5', srcPort: 22, dstAddr: actor, dstPort: port });
    const line = { host: 'log-1', service: 'sshd', actorAddr: actor, actorPort: port };
    auth.login({
      ...line,
      timeUs: startUs + 1e6 - 7 * MICROS_PER_HOUR,
      user: 'root',
      outcome: LOGIN_OUTCOME.failure,
    });
    const pulse = { actorAddr: '10.0.0.99', service: 'http', servicePort: 9200, verb: QUERY_VERB.read };
    const answer = { object: '/ping', status: 200, outcome: QUERY_OUTCOME.success, bytesReturned: 2 };
    access.query({ ...pulse, ...answer, timeUs: startUs });
  }
  for (let i = 0; i < visits; i++) {
    const startUs = START + (9 + 3 * i) * MICROS_PER_HOUR;
    const there = { srcAddr: `198.18.${i}.9`, srcPort: 50_000, dstAddr: '10.0.0.5', dstPort: 9200 };
    flows.flow({ startUs, endUs: startUs + 2e6, srcBytes: 900, srcPackets: 6, ...there });
    access.query({
      ...{ timeUs: startUs + 1e6 - behindHours * MICROS_PER_HOUR, actorAddr: there.srcAddr },
      ...{ service: 'http', servicePort: 9200, verb: QUERY_VERB.read, object: '/' },
      ...{ status: 401, outcome: QUERY_OUTCOME.denied },
    });
  }
  access.query({
    timeUs: START + 20 * MICROS_PER_HOUR,
    actorAddr: '198.51.100.7',
    service: 'http',
    servicePort: 9200,
    verb: QUERY_VERB.read,
    object: '/app/_search',
    status: 200,
    outcome: QUERY_OUTCOME.success,
    bytesReturned: 700,
  });
  const bench = groundOf(maker.make(), CASE);
  const clocks = readClocks(bench.ground);
  const standings = standingsOf(bench);
  const coverage = findCoverage(bench.ground, clocks);
  const ladder = climbLadder(bench.ground, standings, coverage, [], clocks);
  return decideVerdicts(bench.ground, standings, ladder, coverage)
    .verdicts.filter(({ service }) => service === '9200/tcp')
    .map(({ day, verdict, why }) => ({ day, verdict, text: why[0]?.text ?? '' }));
}

describe('log times in the flow clock', () => {
  it('put a read on the day on which it was', () => {
    expect(verdicts(true)).toEqual(['2015-02-20 cannot tell', '2015-02-21 queried']);
  });

  it('would put it on the day before by the host’s own clock', () => {
    expect(verdicts(false)).toEqual(['2015-02-20 queried', '2015-02-21 cannot tell']);
  });

  it('leave the day open on which a read was if its log, held against nothing, runs by the clock of the host’s other log', () => {
    const [first, second] = verdictsOfUntestedLog();
    expect(first).toMatchObject({ day: '2015-02-20', verdict: 'queried' });
    expect(second).toMatchObject({ day: '2015-02-21', verdict: 'cannot tell' });
    expect(second!.text).toContain(
      'on this day if the log that shows it runs by the clock of log-1’s login log',
    );
  });

  it('close that day where sessions, though one way only, say by which of both clocks the log runs', () => {
    const days = (visits: number, behindHours: number): string[] =>
      verdictsOfUntestedLog(visits, behindHours).map(({ day, verdict, text }) =>
        text.includes('by the clock of') ? `${day} open` : `${day} ${verdict}`,
      );
    expect(days(5, 7)).toEqual(['2015-02-20 cannot tell', '2015-02-21 queried']);
    expect(days(5, 0)).toEqual(['2015-02-20 queried', '2015-02-21 not queried within coverage']);
    expect(days(4, 7)).toEqual(['2015-02-20 queried', '2015-02-21 open']);
    // A third clock fits neither.
    expect(days(5, 3)).toEqual(['2015-02-20 queried', '2015-02-21 open']);
  });
});
