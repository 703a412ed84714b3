import { listUnder } from '../base/lists';
import { append, greatest, least } from '../base/extremes';
import { cidrContains } from '../base/addresses';
import type { Micros } from '../base/brand';
import { groupBy, type Groups } from '../base/sorting';
import { formatUtc, MICROS_PER_HOUR } from '../base/time';
import { plural } from '../base/units';
import { addressesOfActors } from './actors';
import { contactsOf } from './contacts';
import { isInRange, isOpenToAll, rulePorts, type OpenRule } from './exposure-changes';
import type { GroupMembers } from './exposure-groups';
import { slackUs, type ExposureInput } from './exposure-input';
import type { LogWindow } from './exposure-logs';
import { supposedMembers } from './exposure-supposed';
import type { TrafficWindow } from './exposure-traffic';
import type { Caveat, ExposureBasis } from './findings';

/** Everything known of one asset's port, before it becomes findings. */
export interface Place {
  readonly asset: number;
  readonly port: number;
  readonly protocol: number;
  traffic?: TrafficWindow;
  logs?: LogWindow;
  readonly rules: OpenRule[];
  /** Rules whose group may hold the asset: nothing loaded says that it does, nor that it doesn't. */
  readonly supposed: Set<OpenRule>;
}

const NONE: ReadonlySet<number> = new Set();

/** What is asked over and over while rules are held against places. */
interface Lookups extends ExposureInput {
  readonly addressOf: Uint32Array;
  readonly servicesOf: Groups;
}

/** Whom a group was seen to let strangers in to is in the group, and so is under all its rules. */
export function attachRules(
  rules: readonly OpenRule[],
  members: GroupMembers,
  given: ExposureInput,
  places: ReadonlyMap<string, Place>,
  placeOf: (asset: number, port: number, protocol: number) => Place,
  caveats: Caveat[],
): void {
  const { services } = given.contacts;
  const input: Lookups = {
    ...given,
    addressOf: addressesOfActors(given.actors),
    servicesOf: groupBy(services.asset, given.assets.count, services.count),
  };
  const held = new Map<string, Set<number>>();
  for (const [group, assets] of members.known) held.set(group, new Set(assets));
  for (const rule of rules) {
    for (const place of places.values()) {
      if (!isInRange(rule, place) || !cameThrough(rule, place, input)) continue;
      held.set(rule.target, (held.get(rule.target) ?? new Set()).add(place.asset));
    }
  }
  const unlisted: Unlisted[] = [];
  for (const rule of rules) {
    const known = held.get(rule.target) ?? NONE;
    const isListed = members.known.has(rule.target) && !members.hasUntied.has(rule.target);
    const attached = attachRule(rule, known, input, places, placeOf);
    const supposed = isListed ? NONE : supposedMembers(rule, known, input);
    const isList = supposed.size <= input.limits.supposedMembers;
    for (const place of isList ? attachRule(rule, supposed, input, places, placeOf) : [])
      place.supposed.add(rule);
    if (attached.length > 0 && supposed.size === 0) continue;
    unlisted.push({ rule, supposed: supposed.size, isList });
  }
  append(caveats, unlistedCaveats(unlisted));
}

/** A rule of a group whose members are not known, or not all. */
interface Unlisted {
  readonly rule: OpenRule;
  /** Machines that may be in the group. */
  readonly supposed: number;
  readonly isList: boolean;
}

/** Rules told of one by one. An account whose groups are changed by a program has thousands, and nobody reads those. */
const RULES_TOLD = 20;

/** One for all the times that a group let the same range in on the same ports; those with machines to name come first. */
function unlistedCaveats(unlisted: readonly Unlisted[]): Caveat[] {
  const alike = new Map<string, Unlisted[]>();
  for (const each of unlisted) {
    const { rule } = each;
    const key = `${rule.target}|${rule.cidr}|${rulePorts(rule)}|${each.supposed}`;
    listUnder(alike, key, each);
  }
  const told = [...alike.values()].sort((a, b) => Number(b[0].supposed > 0) - Number(a[0].supposed > 0));
  const texts = told.slice(0, RULES_TOLD).map(unlistedWords);
  const left = told.slice(RULES_TOLD);
  if (left.length > 0) {
    const groups = new Set(left.map(([{ rule }]) => rule.target || 'a rule'));
    const named = [...groups].slice(0, GROUPS_NAMED).join(', ');
    texts.push(
      `${plural(left.length, 'more rule')} of ${plural(groups.size, 'group')} (${named}${groups.size > GROUPS_NAMED ? ', …' : ''}) let strangers in, and nothing loaded says for sure which machines these hold. Load the flow logs of that time, or name the groups’ members (give each the alias of its group).`,
    );
  }
  return texts.map((text) => ({ cell: 'exposure', text }));
}

const GROUPS_NAMED = 5;

function unlistedWords(alike: readonly Unlisted[]): string {
  const [{ rule, supposed, isList }] = alike;
  const name = rule.target || 'A rule';
  const when = Number.isNaN(rule.openedUs)
    ? `until ${formatUtc(rule.closedUs)}`
    : `from ${formatUtc(rule.openedUs)} on`;
  const again = alike.length > 1 ? ` and ${plural(alike.length - 1, 'more time')}` : '';
  const what = `${name} let ${rule.cidr} in on ${rulePorts(rule)} ${when}${again}`;
  const alias = `give each the alias ${rule.target || 'of the group'}`;
  if (supposed === 0)
    return `${what}, but no loaded flow or host log shows an asset that was reached through it. Load the flow logs of that time, or name the group's members (${alias}).`;
  const those = `${plural(supposed, 'machine')} ${supposed === 1 ? 'answers' : 'answer'} there and turned no stranger away meanwhile`;
  return isList
    ? `${what}, and nothing loaded says which machines it holds. ${those}: asked about as if in the group. Name its members (${alias}) to leave the others out.`
    : `${what}, and nothing loaded says which machines it holds. ${those}, too many to ask about each. Name the group's members (${alias}).`;
}

/** Puts the members' places under the rule. */
function attachRule(
  rule: OpenRule,
  members: ReadonlySet<number>,
  input: Lookups,
  places: ReadonlyMap<string, Place>,
  placeOf: (asset: number, port: number, protocol: number) => Place,
): Place[] {
  const attached = new Set<Place>();
  for (const place of places.values())
    if (isInRange(rule, place) && members.has(place.asset)) attached.add(place);
  // A member that nobody came to was open all the same: that somebody came to another one is no reason to leave it out.
  for (const asset of members)
    for (const [port, protocol] of portsServed(rule, asset, input))
      attached.add(placeOf(asset, port, protocol));
  for (const place of attached) place.rules.push(rule);
  return [...attached];
}

/** Ports of a rule that an asset answers anyone on; without any flow of that asset, the ports of a rule over few of them themselves. */
function portsServed(rule: OpenRule, asset: number, input: Lookups): [number, number][] {
  const { services } = input.contacts;
  const { starts, order } = input.servicesOf;
  const ports: [number, number][] = [];
  for (let k = starts[asset]; k < starts[asset + 1]; k++) {
    const service = order[k];
    const port = services.port[service];
    const protocol = services.protocol[service];
    if (services.answers[service] === 1 && isInRange(rule, { port, protocol })) ports.push([port, protocol]);
  }
  const hasFlows = starts[asset + 1] > starts[asset];
  if (hasFlows || rule.portTo - rule.portFrom >= input.limits.fewRulePorts) return ports;
  for (let port = rule.portFrom; port <= rule.portTo; port++)
    ports.push([port, rule.protocol === 255 ? 6 : rule.protocol]);
  return ports;
}

/**
 * Whether what was seen at the place fits the rule: outsiders arrived while it stood, and not long before or after it opened. Who comes late where
 * nobody was turned away after the opening may just not have found it before, so long as they stop coming when the rule goes.
 */
function cameThrough(rule: OpenRule, place: Place, input: Lookups): boolean {
  const opened = Number.isNaN(rule.openedUs) ? -Infinity : rule.openedUs;
  const closed = Number.isNaN(rule.closedUs) ? Infinity : rule.closedUs;
  const slack = slackUs(input.limits);
  const seen = place.traffic ?? place.logs;
  if (!seen || seen.lastUs < opened - slack || seen.firstUs > closed + slack) return false;
  if (!isOpenToAll(rule) && !hasCallerFrom(rule, place, input)) return false;
  const { traffic } = place;
  if (!traffic || Number.isNaN(traffic.openedUs) || opened === -Infinity) return true;
  const { earlyHours, arrivalHours } = input.limits;
  if (traffic.openedUs < opened - earlyHours * MICROS_PER_HOUR) return false;
  if (traffic.openedUs <= opened + arrivalHours * MICROS_PER_HOUR) return true;
  const { opening } = traffic;
  const wasTurnedAway = opening !== null && !opening.isBySilence && opening.fromUs > opened + slack;
  return !wasTurnedAway && traffic.lastUs <= closed + slack;
}

function hasCallerFrom(rule: OpenRule, place: Place, input: Lookups): boolean {
  if (!place.traffic) return false;
  const { contacts, addressOf, evidence } = input;
  const mine = contactsOf(contacts, place.traffic.service);
  for (let k = 0; k < mine.length; k++) {
    const c = mine[k];
    if (contacts.reached[c] === 0) continue;
    const address = addressOf[contacts.actor[c]];
    if (address !== 0 && cidrContains(rule.network, ...evidence.dictionaries.addresses.words(address)))
      return true;
  }
  return false;
}

/** Rules that stood at the same time are one opening: 0.0.0.0/0 beside ::/0, or a second rule before the first was closed. */
export function mergedRules(rules: readonly OpenRule[]): OpenRule[][] {
  const startOf = (rule: OpenRule): number => (Number.isNaN(rule.openedUs) ? -Infinity : rule.openedUs);
  const endOf = (rule: OpenRule): number => (Number.isNaN(rule.closedUs) ? Infinity : rule.closedUs);
  const merged: OpenRule[][] = [];
  let end = -Infinity;
  for (const rule of [...rules].sort((a, b) => startOf(a) - startOf(b))) {
    if (merged.length === 0 || startOf(rule) > end) merged.push([rule]);
    else merged[merged.length - 1].push(rule);
    end = Math.max(end, endOf(rule));
  }
  return merged;
}

/** First opening and last closing; NaN where the evidence does not hold it. */
export function spanOfRules(rules: readonly OpenRule[]): [number, number] {
  const opened = rules.map((rule) => rule.openedUs);
  const closed = rules.map((rule) => rule.closedUs);
  return [
    opened.some(Number.isNaN) ? Number.NaN : least(opened),
    closed.some(Number.isNaN) ? Number.NaN : greatest(closed),
  ];
}

export function ruleFlags(place: Place, rules: readonly OpenRule[], members: GroupMembers): string[] {
  const flags: string[] = [];
  if (!rules.some(isOpenToAll))
    flags.push(
      `opened to ${[...new Set(rules.map((rule) => rule.cidr))].join(', ')} only, not to the whole Internet`,
    );
  for (const target of new Set(rules.map((rule) => rule.target))) {
    const isSupposed = rules.some((rule) => rule.target === target && place.supposed.has(rule));
    if (isSupposed)
      flags.push(
        `nothing loaded says whether ${target || 'the rule'} holds it: it answers there and turned no stranger away meanwhile`,
      );
    const named = members.known.get(target);
    if (named && !named.has(place.asset) && !isSupposed)
      flags.push(`not among the assets that ${target} is known to hold, yet reached while it was open`);
  }
  return flags;
}

export function changeBasis(rule: OpenRule): ExposureBasis {
  const by = rule.openedBy === '' ? '' : ` by ${rule.openedBy}`;
  const opening = Number.isNaN(rule.openedUs)
    ? `its opening is not in the evidence`
    : `opened ${formatUtc(rule.openedUs)}${by}`;
  const closing = Number.isNaN(rule.closedUs)
    ? 'not closed in the evidence'
    : `closed ${formatUtc(rule.closedUs)}`;
  return {
    kind: 'change',
    openedUs: rule.openedUs as Micros,
    closedUs: rule.closedUs as Micros,
    text: `${rule.target || 'a rule'} lets ${rule.cidr || 'outsiders'} in on ${rulePorts(rule)}: ${opening}, ${closing}`,
    rows: [{ table: 'changes', rows: rule.rows }],
  };
}
