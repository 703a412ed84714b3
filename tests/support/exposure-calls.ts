import type { ExposureFinding } from '../../src/lib/analysis/findings';
import type { CaseParameters } from '../../src/lib/analysis/parameters';
import { CHANGE_KIND, VERDICT } from '../../src/lib/tables/schemas';
import { at, groundOf, type EvidenceMaker, type SourceMaker } from './evidence';

/** Whose networks are given. */
export const CASE: CaseParameters = { ownNetworks: ['10.0.0.0/8'] };
export const HOUR = 3_600e6;
export const DAY = 24 * HOUR;
export const FEB_1 = at('2015-02-01T00:00:00Z');
export const OPENED = at('2015-02-20T09:00:00Z');
export const CLOSED = at('2015-03-10T16:00:00Z');
export const MAR_20 = at('2015-03-20T00:00:00Z');

interface Call {
  readonly port?: number;
  readonly verdict?: number;
  readonly asset?: string;
  /** False: the asset answers with a reset alone. */
  readonly isAnswered?: boolean;
}

export function call(source: SourceMaker, startUs: number, actor: string, more: Call = {}): void {
  const { port = 9200, verdict = VERDICT.accept, asset = '10.0.0.5', isAnswered = true } = more;
  const times = { startUs, endUs: startUs + 1e6, verdict, protocol: 6 };
  const there = { srcAddr: actor, srcPort: 40000, dstAddr: asset, dstPort: port };
  const back = { srcAddr: asset, srcPort: port, dstAddr: actor, dstPort: 40000 };
  source.flow({ ...times, ...there, srcBytes: 400, srcPackets: 5 });
  if (verdict !== VERDICT.accept) return;
  source.flow({
    ...times,
    ...back,
    ...(isAnswered ? { srcBytes: 900, srcPackets: 5 } : { srcBytes: 40, srcPackets: 1 }),
  });
}

export const bot = (i: number): string => `203.0.${100 + (i % 50)}.${1 + Math.floor(i / 50)}`;

/** Ordinary inside traffic from beginning to end, so that the asset's records are known to run on. */
export function heartbeat(source: SourceMaker, asset = '10.0.0.5'): void {
  for (let us = FEB_1; us <= MAR_20; us += DAY / 4)
    source.flow({
      startUs: us,
      srcAddr: '10.0.0.99',
      srcPort: 50000,
      dstAddr: asset,
      dstPort: 8125,
      protocol: 17,
    });
}

/** An open month: bots every three hours between opening and closing. */
export function bots(source: SourceMaker, more: Call = {}, from = OPENED, to = CLOSED): void {
  let i = 0;
  for (let us = from + 600e6; us < to; us += DAY / 8) call(source, us, bot(i++), more);
}

export function change(
  source: SourceMaker,
  timeUs: number,
  isOpening: boolean,
  more: Record<string, number | string> = {},
): void {
  source.change({
    timeUs,
    kind: isOpening ? CHANGE_KIND.portOpened : CHANGE_KIND.portClosed,
    target: 'sg-1',
    cidr: '0.0.0.0/0',
    portFrom: 9200,
    portTo: 9200,
    protocol: 6,
    principal: 'jonas',
    ...more,
  });
}

export function exposureOf(maker: EvidenceMaker, parameters = CASE): ExposureFinding[] {
  return [...groundOf(maker.make(), parameters).exposure.findings];
}
