import { describe, expect, it } from 'vitest';
import { at, EvidenceMaker, groundOf } from '../../../tests/support/evidence';
import { CHANGE_KIND, LOGIN_OUTCOME, QUERY_OUTCOME, VERDICT } from '../tables/schemas';
import {
  CASE,
  HOUR,
  DAY,
  FEB_1,
  OPENED,
  CLOSED,
  MAR_20,
  call,
  bot,
  heartbeat,
  bots,
  change,
  exposureOf,
} from '../../../tests/support/exposure-calls';
import { openingSplit } from './exposure-traffic';
import { DEFAULT_THRESHOLDS } from './parameters';

describe('exposure by traffic', () => {
  it('opens with the first stranger after a time without any, and closes with the last', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    heartbeat(flows);
    bots(flows);
    const [finding, ...others] = exposureOf(maker);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      asset: '10.0.0.5',
      service: '9200/tcp',
      openedUs: OPENED + 600e6,
      flags: [],
    });
    expect(Math.abs(finding!.closedUs - CLOSED)).toBeLessThan(DAY / 8);
    expect(finding!.actors).toBe(147);
  });

  it('leaves regulars of the time before out of it', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    heartbeat(flows);
    for (let us = FEB_1; us < MAR_20; us += DAY) for (const i of [1, 2]) call(flows, us + i, `192.0.2.${i}`);
    bots(flows);
    expect(exposureOf(maker)[0]).toMatchObject({ openedUs: OPENED + 600e6 });
  });

  it('counts the first strangers in, who came before the bots found it, where others were turned away till then', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    heartbeat(flows);
    for (let us = FEB_1; us < MAR_20; us += DAY) call(flows, us, '192.0.2.1');
    for (let us = FEB_1 + DAY / 2; us < OPENED - 3 * DAY; us += DAY)
      call(flows, us, `198.51.100.${Math.round(us / DAY) % 200}`, { verdict: VERDICT.reject });
    call(flows, OPENED - 2 * DAY, '198.51.100.250');
    call(flows, OPENED - DAY, '198.51.100.251');
    bots(flows);
    const [finding] = exposureOf(maker);
    expect(finding).toMatchObject({ openedUs: OPENED - 2 * DAY });
    // The regular was let in while others were not.
    expect(finding!.basis[0]!.text).toContain('1 actor that came before the opening left out');
  });

  it('does not take a wave of bots for the opening where strangers came before, and the export holds no denied call', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'gcp-flow' });
    heartbeat(flows);
    for (let us = FEB_1; us < MAR_20; us += DAY) call(flows, us, '192.0.2.1');
    for (let k = 0; k < 7; k++) call(flows, OPENED - (7 - k) * DAY, `198.51.${k}.9`);
    bots(flows);
    const [finding] = exposureOf(maker);
    expect(finding!.openedUs).toBeNaN();
    expect(finding!.basis[0]!.text).toContain('the flows do not show that it was closed before');
    expect(finding!.basis[0]!.text).toContain('1 actor that came before the opening left out');
  });

  it('is bounded by strangers that were turned away before and after, however few came', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    heartbeat(flows);
    call(flows, OPENED - DAY, bot(1), { verdict: VERDICT.reject });
    call(flows, OPENED + DAY, bot(2));
    call(flows, CLOSED + DAY, bot(3), { verdict: VERDICT.reject });
    expect(exposureOf(maker)[0]).toMatchObject({
      openedUs: OPENED + DAY,
      closedUs: OPENED + DAY + 1e6,
      opening: { fromUs: OPENED - DAY, toUs: OPENED + DAY, likelyUs: OPENED, services: 1 },
      closing: { fromUs: OPENED + DAY, toUs: CLOSED + DAY, services: 1 },
    });
  });

  it('is asked about for all the time that it may have been open', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    heartbeat(flows);
    call(flows, OPENED - DAY, bot(1), { verdict: VERDICT.reject });
    call(flows, OPENED + DAY, bot(2));
    call(flows, CLOSED + DAY, bot(3), { verdict: VERDICT.reject });
    const [window] = groundOf(maker.make(), CASE).ground.exposure;
    expect([window!.openedUs, window!.closedUs]).toEqual([OPENED - DAY, CLOSED + DAY]);
  });

  it('is bounded by the calls to every service that can have opened at the same moment', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    [1, 5, 9, 13].forEach((hours, k) => {
      const asset = `10.0.0.${5 + k}`;
      heartbeat(flows, asset);
      call(flows, OPENED - hours * HOUR, bot(4 * k), { asset, verdict: VERDICT.reject });
      call(flows, OPENED + (14 - hours) * HOUR, bot(4 * k + 1), { asset });
      call(flows, CLOSED, bot(4 * k + 2), { asset });
    });
    for (const { opening, basis } of exposureOf(maker)) {
      expect(opening).toMatchObject({ fromUs: OPENED - HOUR, toUs: OPENED + HOUR, services: 4 });
      expect(basis[0]!.text).toContain('if one change did it for all 4 services');
    }
  });

  it('does not hold two openings for one that may agree by chance', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    for (const [asset, early, late] of [
      ['10.0.0.5', 6 * DAY, 4 * DAY],
      ['10.0.0.6', 3 * DAY, 6 * DAY],
    ] as const) {
      heartbeat(flows, asset);
      call(flows, OPENED - early, bot(1), { asset, verdict: VERDICT.reject });
      call(flows, OPENED + late, bot(2), { asset });
    }
    expect(exposureOf(maker).map(({ opening }) => opening?.services)).toEqual([1, 1]);
  });

  it('has no bounds where strangers are turned away all through: it is open to some only', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    heartbeat(flows);
    for (let k = -20; k < 20; k++) call(flows, OPENED + k * HOUR, bot(k + 20), { verdict: VERDICT.reject });
    for (let k = 0; k < 5; k++) call(flows, OPENED + k * HOUR + 1e6, bot(60 + k));
    const [finding] = exposureOf(maker);
    expect([finding!.opening, finding!.closing]).toEqual([undefined, undefined]);
  });

  it('tells the closing by the others where one actor still gets through', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    heartbeat(flows);
    bots(flows);
    call(flows, CLOSED - HOUR / 2, '192.0.2.9');
    for (let k = 1; k < 9; k++) call(flows, CLOSED + k * HOUR, bot(k), { verdict: VERDICT.reject });
    call(flows, CLOSED + 6.5 * HOUR, '192.0.2.9');
    const [finding] = exposureOf(maker);
    expect(finding!.closedUs).toBe(CLOSED + 6.5 * HOUR + 1e6);
    expect(finding!.closing).toMatchObject({ fromUs: CLOSED - 3_000e6, toUs: CLOSED + HOUR });
  });

  it('takes no call over IPv6 for a bound where only IPv4 was let in', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    heartbeat(flows);
    call(flows, OPENED - DAY, bot(1), { verdict: VERDICT.reject });
    call(flows, OPENED - HOUR, '2001:db8::7', { verdict: VERDICT.reject });
    bots(flows);
    expect(exposureOf(maker)[0]!.opening).toMatchObject({ fromUs: OPENED - DAY, toUs: OPENED + 600e6 });
  });

  it('has no known ends where the traffic runs from the first record to the last', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    bots(flows);
    const [finding] = exposureOf(maker);
    expect([finding!.openedUs, finding!.closedUs]).toEqual([Number.NaN, Number.NaN]);
    expect(finding!.basis[0]!.text).toContain('do not show that it was closed before');
  });

  it('is said to be unanswered where only resets came back, and asks no verdict then', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    bots(flows, { isAnswered: false });
    const bench = groundOf(maker.make(), CASE);
    expect(bench.exposure.findings[0]!.flags).toEqual(['reachable, but nothing ever answered there']);
    expect(bench.ground.exposure).toEqual([]);
  });

  it('is not made of pings, nor of a single caller at a client port', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    flows.flow({
      startUs: FEB_1,
      srcAddr: bot(1),
      dstAddr: '10.0.0.5',
      protocol: 1,
      srcBytes: 84,
      srcPackets: 1,
    });
    call(flows, FEB_1, bot(2), { port: 39999 });
    expect(exposureOf(maker)).toEqual([]);
  });
});

describe('exposure by change', () => {
  it('takes its ends from the control plane and finds the assets by who was reached', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    const trail = maker.source({ format: 'cloudtrail' });
    for (const asset of ['10.0.0.5', '10.0.0.6']) {
      heartbeat(flows, asset);
      bots(flows, { asset });
    }
    change(trail, OPENED, true);
    change(trail, CLOSED, false);
    const findings = exposureOf(maker);
    expect(findings.map(({ asset, openedUs, closedUs }) => [asset, openedUs, closedUs])).toEqual([
      ['10.0.0.5', OPENED, CLOSED],
      ['10.0.0.6', OPENED, CLOSED],
    ]);
    expect(findings[0]!.basis.map(({ kind }) => kind)).toEqual(['change', 'traffic']);
    expect(findings[0]!.flags).toEqual([]);
    expect(findings[0]!.basis[0]!.rows).toEqual([{ table: 'changes', rows: [0, 1] }]);
  });

  it('holds who was found late to be open as well, unless callers were turned away there until then', () => {
    const bases = (isTurnedAway: boolean): string[] => {
      const maker = new EvidenceMaker();
      const flows = maker.source({ format: 'vpc-flow' });
      const trail = maker.source({ format: 'cloudtrail' });
      for (const asset of ['10.0.0.5', '10.0.0.6']) heartbeat(flows, asset);
      bots(flows, { asset: '10.0.0.5' });
      const found = OPENED + 5 * DAY;
      bots(flows, { asset: '10.0.0.6' }, found);
      for (let us = OPENED; isTurnedAway && us < found; us += DAY / 8)
        call(flows, us, bot(900), { asset: '10.0.0.6', verdict: VERDICT.reject });
      change(trail, OPENED, true);
      change(trail, CLOSED, false);
      return exposureOf(maker).map(({ asset, basis }) => [asset, ...basis.map(({ kind }) => kind)].join(' '));
    };
    expect(bases(false)).toEqual(['10.0.0.5 change traffic', '10.0.0.6 change traffic']);
    expect(bases(true)).toEqual(['10.0.0.5 change traffic', '10.0.0.6 traffic']);
  });

  it('names those that the group is known to hold, and flags the others that were reached', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    const trail = maker.source({ format: 'cloudtrail' });
    for (const asset of ['10.0.0.5', '10.0.0.6']) {
      heartbeat(flows, asset);
      bots(flows, { asset });
    }
    trail.change({ timeUs: FEB_1, kind: CHANGE_KIND.groupAttached, target: 'sg-1', detail: 'i-1 10.0.0.5' });
    change(trail, OPENED, true);
    const flags = exposureOf(maker).map((finding) => finding.flags);
    expect(flags[0]).toEqual([]);
    expect(flags[1]!.join()).toContain('not among the assets that sg-1 is known to hold');
  });

  it('joins rules that stood together and keeps those apart that did not', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    const trail = maker.source({ format: 'cloudtrail' });
    heartbeat(flows);
    bots(flows, {}, OPENED, OPENED + 5 * DAY);
    bots(flows, {}, OPENED + 9 * DAY, CLOSED);
    change(trail, OPENED, true);
    change(trail, OPENED + 1e6, true, { cidr: '::/0' });
    change(trail, OPENED + 5 * DAY, false);
    change(trail, OPENED + 5 * DAY, false, { cidr: '::/0' });
    change(trail, OPENED + 9 * DAY, true);
    change(trail, CLOSED, false);
    const findings = exposureOf(maker);
    expect(findings.map(({ openedUs, closedUs }) => [openedUs, closedUs])).toEqual([
      [OPENED, OPENED + 5 * DAY],
      [OPENED + 9 * DAY, CLOSED],
    ]);
    expect(findings.map(({ flags }) => flags)).toEqual([[], []]);
    expect(findings[0]!.basis.map(({ kind }) => kind)).toEqual(['change', 'change', 'traffic']);
  });

  it('flags traffic that went on after the change that closed it', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    const trail = maker.source({ format: 'cloudtrail' });
    heartbeat(flows);
    bots(flows);
    change(trail, OPENED, true);
    change(trail, CLOSED - 5 * DAY, false);
    const [finding] = exposureOf(maker);
    expect(finding!.flags.join()).toContain('after the change that closed it');
    expect(Math.abs(finding!.closedUs - CLOSED)).toBeLessThan(DAY / 8);
  });

  it('flags traffic from before the change, and then counts the wider window', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    const trail = maker.source({ format: 'cloudtrail' });
    heartbeat(flows);
    bots(flows, {}, OPENED - DAY);
    change(trail, OPENED - DAY / 2, true);
    const [finding] = exposureOf(maker);
    expect(finding!.flags).toEqual(['outsiders got through 11 h 50 min before the change that opened it']);
    expect(finding!.openedUs).toBe(OPENED - DAY + 600e6);
  });

  it('keeps the change’s window where the traffic outside it is a partner’s, whom another rule lets in', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    const trail = maker.source({ format: 'cloudtrail' });
    heartbeat(flows);
    for (let us = FEB_1; us < MAR_20; us += DAY) call(flows, us, '198.51.100.80');
    change(trail, OPENED, true);
    change(trail, CLOSED, false);
    trail.change({ timeUs: FEB_1, kind: CHANGE_KIND.groupAttached, target: 'sg-1', detail: 'i-1 10.0.0.5' });
    const [finding] = exposureOf(maker);
    expect([finding!.openedUs, finding!.closedUs]).toEqual([OPENED, CLOSED]);
    expect(finding!.flags[0]).toContain('1 actor, so another rule may let it in');
  });

  it('exposes what the group’s members answer on, whether or not anyone came', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    const trail = maker.source({ format: 'cloudtrail' });
    call(flows, FEB_1, '10.0.0.99', { port: 9200 });
    change(trail, OPENED, true, { portFrom: 9200, portTo: 9300 });
    change(trail, OPENED, true, { portFrom: 22, portTo: 22 });
    trail.change({ timeUs: FEB_1, kind: CHANGE_KIND.groupAttached, target: 'sg-1', detail: 'i-1 10.0.0.5' });
    expect(exposureOf(maker)).toMatchObject([
      { service: '9200/tcp', openedUs: OPENED, sessions: 0, actors: 0 },
    ]);
  });

  it('ignores our own ranges and failed changes, and says when nothing shows whom a rule exposed', () => {
    const maker = new EvidenceMaker();
    const trail = maker.source({ format: 'cloudtrail' });
    change(trail, OPENED, true, { cidr: '10.1.0.0/16' });
    change(trail, OPENED, true, { outcome: 2, target: 'sg-2' });
    change(trail, OPENED, true, { target: 'sg-3' });
    const { findings, caveats } = groundOf(maker.make(), CASE).exposure;
    expect(findings).toEqual([]);
    expect(caveats.map(({ text }) => text.slice(0, 4))).toEqual(['sg-3']);
  });
});

describe('exposure by the host and by hand', () => {
  it('counts a service as exposed for the time that its own log shows strangers at it', () => {
    const maker = new EvidenceMaker();
    const auth = maker.source({ format: 'syslog' });
    for (let i = 0; i < 3; i++)
      auth.login({
        timeUs: FEB_1 + i * DAY,
        actorAddr: bot(i),
        host: 'web',
        service: 'sshd',
        outcome: LOGIN_OUTCOME.failure,
      });
    expect(exposureOf(maker)).toMatchObject([
      { asset: 'web', service: '22/tcp', openedUs: Number.NaN, closedUs: Number.NaN, sessions: 3, actors: 3 },
    ]);
  });

  it('takes the port that the machine answers on for what an access log calls http', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    bots(flows, { port: 5601 });
    const access = maker.source({ format: 'access-log', asset: '10.0.0.5' });
    access.query({ timeUs: FEB_1, actorAddr: bot(1), service: 'http', outcome: QUERY_OUTCOME.success });
    expect(exposureOf(maker).map(({ service }) => service)).toEqual(['5601/tcp']);
  });

  it('lets the analyst decide, keeps the other bases, and flags where they disagree', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    heartbeat(flows);
    bots(flows);
    const exposure = [{ asset: '10.0.0.5', port: 9200, opened: '2015-02-18T00:00:00Z' }];
    const [finding] = exposureOf(maker, { ...CASE, exposure });
    expect(finding).toMatchObject({ openedUs: at('2015-02-18T00:00:00Z'), closedUs: Number.NaN });
    expect(finding!.basis.map(({ kind }) => kind)).toEqual(['analyst', 'traffic']);
    expect(finding!.flags.join()).toContain('the traffic says that it opened 2015-02-20T09:10:00Z');
  });
});

describe('openingSplit', () => {
  it('finds where arrivals begin to come thick, by hand', () => {
    // Two in 100 units, then ten in 10: the third is the split.
    const arrivals = [20, 60, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110];
    expect(openingSplit(arrivals, 0, 1, DEFAULT_THRESHOLDS)).toEqual({ index: 2, isSignificant: true });
  });

  it('sees none in arrivals at an even rate', () => {
    const arrivals = Array.from({ length: 50 }, (_, i) => 10 + i * 10);
    expect(openingSplit(arrivals, 0, 1, DEFAULT_THRESHOLDS).isSignificant).toBe(false);
  });
});
