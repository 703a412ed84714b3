import { cidrContains, parseCidr, type Cidr } from '../base/addresses';
import { CHANGE_KIND, CHANGE_OUTCOME } from '../tables/schemas';
import { rowIdOf } from '../tables/segment';
import type { Evidence } from './evidence';
import { givenNetworks, isPrivate } from './own-ranges';
import type { CaseParameters } from './parameters';

/** A rule that let a network in that is not ours, for as long as the control plane says it stood. */
export interface OpenRule {
  readonly target: string;
  readonly cidr: string;
  readonly network: Cidr;
  readonly portFrom: number;
  readonly portTo: number;
  /** 255: every protocol. */
  readonly protocol: number;
  /** NaN: it was closed, but its opening is not in the evidence. */
  readonly openedUs: number;
  /** NaN: not closed in the evidence. */
  readonly closedUs: number;
  readonly openedBy: string;
  readonly rows: readonly number[];
}

interface Step {
  readonly timeUs: number;
  readonly row: number;
  readonly isOpening: boolean;
  readonly target: string;
  readonly cidr: string;
  readonly network: Cidr;
  readonly portFrom: number;
  readonly portTo: number;
  readonly protocol: number;
  readonly principal: string;
}

/** Openings of ports to networks that are not our own, each with the change that closed it. */
export function openRules(evidence: Evidence, parameters: CaseParameters): OpenRule[] {
  const steps = ruleSteps(evidence, parameters);
  const openOf = new Map<string, Map<string, Step>>();
  const rules: OpenRule[] = [];
  for (const step of steps) {
    const open = openOf.get(step.target) ?? new Map<string, Step>();
    openOf.set(step.target, open);
    const key = `${step.cidr}|${step.protocol}|${step.portFrom}-${step.portTo}`;
    if (step.isOpening) {
      if (!open.has(key)) open.set(key, step);
      continue;
    }
    const closed = [...open].filter(([, opened]) => closes(step, opened));
    for (const [openKey, opened] of closed) {
      rules.push(ruleOf(opened, step.timeUs, [opened.row, step.row]));
      open.delete(openKey);
    }
    if (closed.length === 0)
      rules.push({ ...ruleOf(step, step.timeUs, [step.row]), openedUs: Number.NaN, openedBy: '' });
  }
  for (const open of openOf.values())
    for (const opened of open.values()) rules.push(ruleOf(opened, Number.NaN, [opened.row]));
  return rules.sort((a, b) => firstOf(a) - firstOf(b));
}

function firstOf(rule: OpenRule): number {
  return Number.isNaN(rule.openedUs) ? rule.closedUs : rule.openedUs;
}

/** Of one target's. */
function closes(closing: Step, opened: Step): boolean {
  return (
    (closing.cidr === opened.cidr || closing.cidr === '') &&
    (closing.protocol === opened.protocol || closing.protocol === 255) &&
    closing.portFrom <= opened.portFrom &&
    closing.portTo >= opened.portTo
  );
}

function ruleOf(step: Step, closedUs: number, rows: readonly number[]): OpenRule {
  const { target, cidr, network, portFrom, portTo, protocol } = step;
  const openedBy = step.principal;
  return {
    target,
    cidr,
    network,
    portFrom,
    portTo,
    protocol,
    openedUs: step.timeUs,
    closedUs,
    openedBy,
    rows,
  };
}

function ruleSteps(evidence: Evidence, parameters: CaseParameters): Step[] {
  const { strings } = evidence.dictionaries;
  const own = givenNetworks(parameters);
  const steps: Step[] = [];
  evidence.tables.changes.segments.forEach((segment, segmentIndex) => {
    const c = segment.columns;
    for (let i = 0; i < segment.length; i++) {
      const kind = c.kind[i];
      if (kind !== CHANGE_KIND.portOpened && kind !== CHANGE_KIND.portClosed) continue;
      if (c.outcome[i] === CHANGE_OUTCOME.failure || !Number.isFinite(c.timeUs[i])) continue;
      const cidr = strings.text(c.cidr[i]);
      const isOpening = kind === CHANGE_KIND.portOpened;
      // A closing may name no range: then it takes all of them.
      const network = parseCidr(cidr === '' && !isOpening ? '0.0.0.0/0' : cidr);
      if (!network || isOwnNetwork(network, own)) continue;
      steps.push({
        timeUs: c.timeUs[i],
        row: rowIdOf(segmentIndex, i),
        isOpening,
        target: strings.text(c.target[i]),
        cidr,
        network,
        portFrom: c.portFrom[i],
        portTo: c.portTo[i] === 0 && c.portFrom[i] === 0 ? 65535 : c.portTo[i],
        protocol: c.protocol[i],
        principal: strings.text(c.principal[i]),
      });
    }
  });
  return steps.sort((a, b) => a.timeUs - b.timeUs || a.row - b.row);
}

/** A range is ours when it lies wholly in the given networks, or, without any, in a private range. */
export function isOwnNetwork(network: Cidr, own: readonly Cidr[]): boolean {
  if (own.some((cidr) => cidr.prefix <= network.prefix && cidrContains(cidr, ...network.words))) return true;
  return network.prefix > 96 && own.length === 0 && isPrivate(...network.words);
}

/** Whether the rule lets in the whole Internet (or as good as: a /1 to /7 has no honest use). */
export function isOpenToAll(rule: Pick<OpenRule, 'network'>): boolean {
  const isV4 = !rule.network.text.includes(':');
  return isV4 ? rule.network.prefix <= 96 + 7 : rule.network.prefix <= 3;
}

/** Whether the rule is about the port. */
export function isInRange(
  rule: OpenRule,
  place: { readonly port: number; readonly protocol: number },
): boolean {
  return (
    place.port >= rule.portFrom &&
    place.port <= rule.portTo &&
    (rule.protocol === 255 || rule.protocol === place.protocol)
  );
}

/** `9200/tcp`, `9200–9300/tcp`, `every port`. */
export function rulePorts(rule: OpenRule): string {
  const proto = rule.protocol === 6 ? '/tcp' : rule.protocol === 17 ? '/udp' : '';
  if (rule.portFrom === 0 && rule.portTo === 65535) return `every port${proto}`;
  return rule.portFrom === rule.portTo
    ? `${rule.portFrom}${proto}`
    : `${rule.portFrom}–${rule.portTo}${proto}`;
}
