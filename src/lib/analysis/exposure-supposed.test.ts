import { describe, expect, it } from 'vitest';
import { EvidenceMaker, groundOf, type SourceMaker } from '../../../tests/support/evidence';
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
  change,
  exposureOf,
} from '../../../tests/support/exposure-calls';
import { CHANGE_KIND, VERDICT } from '../tables/schemas';

describe('rules of a group whose members nothing names', () => {
  const inside = (source: SourceMaker, asset: string): void => {
    heartbeat(source, asset);
    for (let us = FEB_1; us < MAR_20; us += DAY) call(source, us, '10.0.0.99', { asset });
  };
  const flagged = (
    prepare: (flows: SourceMaker, trail: SourceMaker) => void,
    parameters = CASE,
  ): string[] => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'zeek' });
    const trail = maker.source({ format: 'cloudtrail' });
    for (const asset of ['10.0.0.5', '10.0.0.6', '10.0.0.7']) inside(flows, asset);
    change(trail, OPENED, true);
    change(trail, CLOSED, false);
    prepare(flows, trail);
    return exposureOf(maker, parameters).map(
      ({ asset, flags }) =>
        `${asset}${flags.some((flag) => flag.includes('nothing loaded says')) ? '?' : ''}`,
    );
  };
  const reached = (flows: SourceMaker): void => call(flows, OPENED + HOUR, bot(1));
  const untied = { kind: CHANGE_KIND.groupAttached, target: 'sg-1', detail: 'eni-1' };

  it('asks about all that answer, and says that they are supposed', () => {
    expect(flagged(reached)).toEqual(['10.0.0.5', '10.0.0.6?', '10.0.0.7?']);
    expect(flagged((_, trail) => trail.change({ timeUs: FEB_1, ...untied }))).toEqual([
      '10.0.0.5?',
      '10.0.0.6?',
      '10.0.0.7?',
    ]);
  });

  it('leaves out whoever turned a stranger away meanwhile, or answers nobody', () => {
    const found = flagged((flows) => {
      reached(flows);
      call(flows, OPENED + DAY, bot(2), { asset: '10.0.0.6', verdict: VERDICT.reject });
      call(flows, OPENED - DAY, bot(3), { asset: '10.0.0.7', verdict: VERDICT.reject });
      heartbeat(flows, '10.0.0.8');
    });
    expect(found).toEqual(['10.0.0.5', '10.0.0.7?']);
  });

  it('leaves out whom mass scanning passed by, but not for many who all go to one service', () => {
    const crowd = (isScanning: boolean) => (flows: SourceMaker) => {
      for (let i = 0; i < 40; i++) {
        call(flows, OPENED + i * HOUR, bot(i));
        if (isScanning) call(flows, OPENED + i * HOUR, bot(i), { port: 23, verdict: VERDICT.reject });
      }
    };
    expect(flagged(crowd(true))).toEqual(['10.0.0.5']);
    expect(flagged(crowd(false))).toEqual(['10.0.0.5', '10.0.0.6?', '10.0.0.7?']);
  });

  it('takes a list that is given, by the control plane or by the analyst, for whole', () => {
    expect(
      flagged((flows, trail) => {
        reached(flows);
        trail.change({
          timeUs: FEB_1,
          kind: CHANGE_KIND.groupAttached,
          target: 'sg-1',
          detail: '10.0.0.5',
        });
      }),
    ).toEqual(['10.0.0.5']);
    expect(
      flagged((_, trail) => trail.change({ timeUs: FEB_1, ...untied }), {
        ...CASE,
        assets: [{ name: 'log-2', aliases: ['10.0.0.6', 'sg-1'] }],
      }),
    ).toEqual(['log-2']);
  });

  it('names them as too many where the group could hold half the network', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'zeek' });
    for (let i = 0; i < 60; i++) call(flows, FEB_1 + i * HOUR, '10.0.0.99', { asset: `10.0.1.${i + 1}` });
    change(maker.source({ format: 'cloudtrail' }), OPENED, true);
    const { findings, caveats } = groundOf(maker.make(), CASE).exposure;
    expect(findings).toEqual([]);
    expect(caveats.map(({ text }) => text).join()).toContain('60 machines answer there');
  });

  it('tells a rule once, however often a program sets it, and of very many rules only how many they are', () => {
    const caveatsOf = (groups: number, times: number): string[] => {
      const maker = new EvidenceMaker();
      const trail = maker.source({ format: 'cloudtrail' });
      for (let time = 0; time < times; time++) {
        for (let group = 0; group < groups; group++) {
          change(trail, OPENED + time * DAY, true, { target: `sg-${group}` });
          change(trail, OPENED + time * DAY + HOUR, false, { target: `sg-${group}` });
        }
      }
      return groundOf(maker.make(), CASE).exposure.caveats.map(({ text }) => text);
    };
    const [again, ...others] = caveatsOf(1, 400);
    expect(again).toContain('and 399 more times');
    expect(others).toEqual([]);
    const many = caveatsOf(50, 2);
    expect(many).toHaveLength(21);
    expect(many[20]).toContain('30 more rules of 30 groups (sg-20, sg-21, ');
  });
});
