import { append, greatest } from '../base/extremes';
import type { AssetId, Micros } from '../base/brand';
import type { InParts } from '../base/parts';
import { formatUtc, parseIsoUtc, UNKNOWN_TIME } from '../base/time';
import { formatDuration, plural } from '../base/units';
import { cloudServiceNumber } from './cloud-services';
import { contactsOf, type Contacts } from './contacts';
import type { AssetIndex, ExposureWindow } from './context';
import { boundsWords } from './exposure-bounds';
import { openRules, type OpenRule } from './exposure-changes';
import { groupMembers, type GroupMembers } from './exposure-groups';
import { slackUs, type ExposureInput } from './exposure-input';
import { findPublicBuckets, publicKey } from './exposure-public';
import { logWindows } from './exposure-logs';
import { OpeningsBook, repeatedSpans, type Repeats } from './exposure-repeats';
import { attachRules, changeBasis, ruleFlags, spanOfRules, type Place } from './exposure-rules';
import { trafficWindows, trafficWithin, type TrafficWindow } from './exposure-traffic';
import { windowsOf, type Spans } from './exposure-windows';
import { UNANSWERED, type Caveat, type ExposureBasis, type ExposureFinding } from './findings';
import { protocolName, protocolNumber, serviceName } from './profiles';

export interface Exposure {
  readonly findings: readonly ExposureFinding[];
  readonly windows: readonly ExposureWindow[];
  readonly caveats: readonly Caveat[];
  /** Buckets that were public for a time, as `publicKey` has them, and are asked about at all times. */
  readonly alsoByCredential: ReadonlySet<string>;
  /** Of the ports that a program's name stands for, the one that is meant on an asset (−1: no machine of ours); 0: none. */
  portOn(asset: number, ports: readonly number[]): number;
}

/**
 * Which services outsiders could reach and when (ANALYSIS, section 2): from control-plane changes, from traffic, from hosts' own
 * logs, and by the analyst's word, which decides alone where it is given. All bases are shown; where they disagree the wider
 * window counts and the disagreement is flagged.
 */
export function* findExposure(input: ExposureInput): InParts<Exposure> {
  const { evidence, parameters, assets, actors, sessions, contacts, outside, limits } = input;
  const caveats: Caveat[] = [];
  const places = new Map<string, Place>();
  const placeOf = (asset: number, port: number, protocol: number): Place => {
    const key = `${asset}:${port}:${protocol}`;
    let place = places.get(key);
    if (!place) places.set(key, (place = { asset, port, protocol, rules: [], supposed: new Set() }));
    return place;
  };
  const { services } = contacts;
  const assetCount = assets.count;
  const { addresses } = evidence.dictionaries;
  const arrived = yield* trafficWindows({
    ...{ sessions, contacts, actors, outside, assetCount, addresses, limits },
  });
  for (const traffic of arrived) {
    const { service } = traffic;
    placeOf(services.asset[service], services.port[service], services.protocol[service]).traffic = traffic;
  }
  // A web server's log names no port: of those that it may listen on, one that flows saw answering is meant, or at least in use, or one
  // that a rule opened.
  const rules = openRules(evidence, parameters);
  const answering = answeringPorts(contacts);
  const opened = openedPorts(rules);
  const portOn = (asset: number, ports: readonly number[]): number =>
    ports.find((port) => answering.get(asset)?.has(port)) ??
    ports.find((port) => places.has(`${asset}:${port}:6`)) ??
    ports.find((port) => opened[port] === 1) ??
    ports[0] ??
    0;
  for (const logs of logWindows(evidence, assets, actors, outside, portOn))
    placeOf(logs.asset, logs.port, logs.protocol).logs = logs;
  yield;
  const members = groupMembers(evidence, assets);
  attachRules(rules, members, input, places, placeOf, caveats);
  const findings: ExposureFinding[] = [];
  const book = new OpeningsBook();
  const spans = new Map<ExposureFinding, Spans>();
  for (const place of places.values()) append(findings, findingsOf(place, members, input, book, spans));
  yield;
  const buckets = findPublicBuckets(input);
  append(findings, buckets.findings);
  append(caveats, buckets.caveats);
  const all = applyAnalyst(findings, input, caveats);
  all.sort((a, b) => compareText(a.asset, b.asset) || a.port - b.port || a.openedUs - b.openedUs);
  // Where nothing ever answered there is no service to ask about: shown, but no question's subject.
  const served = all.filter((finding) => !finding.flags.includes(UNANSWERED));
  const idOf = new Map<string, AssetId>();
  assets.names.forEach((name, id) => {
    if (!idOf.has(name)) idOf.set(name, id as AssetId);
  });
  const windows = served.flatMap((finding) => windowsOf(finding, spans.get(finding), idOf));
  const isGiven = new Set(
    all.filter(isByAnalyst).map((finding) => publicKey(finding.asset, finding.service)),
  );
  const alsoByCredential = new Set([...buckets.alsoByCredential].filter((key) => !isGiven.has(key)));
  return { findings: all, windows, caveats, alsoByCredential, portOn };
}

function isByAnalyst({ basis }: ExposureFinding): boolean {
  return basis[0]?.kind === 'analyst';
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** 1 by port that some rule is about. */
function openedPorts(rules: readonly OpenRule[]): Uint8Array {
  const opened = new Uint8Array(65_536);
  const ranges = new Set<string>();
  for (const { portFrom, portTo } of rules) {
    const range = `${portFrom}-${portTo}`;
    if (!ranges.has(range)) opened.fill(1, portFrom, portTo + 1);
    ranges.add(range);
  }
  return opened;
}

/** Ports on which each asset answered anyone at all. */
function answeringPorts(contacts: Contacts): Map<number, Set<number>> {
  const ports = new Map<number, Set<number>>();
  const { services } = contacts;
  for (let service = 0; service < services.count; service++) {
    if (services.answers[service] === 0) continue;
    const known = ports.get(services.asset[service]);
    if (known) known.add(services.port[service]);
    else ports.set(services.asset[service], new Set([services.port[service]]));
  }
  return ports;
}

function findingsOf(
  place: Place,
  members: GroupMembers,
  input: ExposureInput,
  book: OpeningsBook,
  spansOf: Map<ExposureFinding, Spans>,
): ExposureFinding[] {
  if (place.rules.length === 0) return [findingOf(place, [], members, input)];
  const { merged, repeats } = book.of(place.rules);
  const slack = slackUs(input.limits);
  if (repeats) {
    const { spans, flags } = repeatedSpans(repeats, place.traffic, slack, input.limits.widenedByActors);
    const finding = findingOf(place, place.rules, members, input, { ...repeats, flags });
    spansOf.set(finding, spans);
    return [finding];
  }
  const spans = merged.map(spanOfRules);
  return merged.map((rules, k) => {
    // Traffic between two openings belongs to the earlier one: it went on after that was closed.
    const fromUs = k === 0 ? -Infinity : spans[k][0] - slack;
    const toUs = k + 1 < spans.length ? spans[k + 1][0] - slack : Infinity;
    const traffic = place.traffic && trafficWithin(place.traffic, fromUs, toUs);
    return findingOf({ ...place, traffic }, rules, members, input);
  });
}

function findingOf(
  place: Place,
  rules: readonly OpenRule[],
  members: GroupMembers,
  input: ExposureInput,
  repeats?: Repeats & { readonly flags: readonly string[] },
): ExposureFinding {
  const basis: ExposureBasis[] = repeats ? [...repeats.basis] : rules.map(changeBasis);
  const flags: string[] = repeats ? [repeats.flag, ...repeats.flags] : [];
  if (rules.length > 0) append(flags, ruleFlags(place, rules, members));
  const asset = input.assets.names[place.asset];
  let [openedUs, closedUs] = rules.length === 0 ? [UNKNOWN_TIME, UNKNOWN_TIME] : spanOfRules(rules);
  const { traffic, logs } = place;
  if (traffic) {
    basis.push(trafficBasis(place, traffic, asset));
    const beyond = outsideOf(traffic, openedUs, closedUs, slackUs(input.limits));
    flags.push(...trafficFlags(place, rules.length > 0, traffic, beyond, input));
    [openedUs, closedUs] = widened(
      [openedUs, closedUs],
      rules.length > 0,
      traffic,
      beyond,
      input.limits.widenedByActors,
    );
  }
  if (logs && !traffic) {
    basis.push({
      kind: 'traffic',
      openedUs: UNKNOWN_TIME,
      closedUs: UNKNOWN_TIME,
      text: logs.text,
      rows: [{ table: logs.table, asset, fromUs: logs.firstUs, toUs: logs.lastUs + 1 }],
    });
    if (logs.firstUs < openedUs - slackUs(input.limits))
      flags.push(`its own log shows outsiders ${formatDuration(openedUs - logs.firstUs)} before the change`);
  }
  const seen = countOutside(place, openedUs, closedUs, input);
  const opening = traffic && openedUs === traffic.openedUs ? traffic.opening : null;
  const closing = traffic && closedUs === traffic.closedUs ? traffic.closing : null;
  return {
    asset,
    port: place.port,
    proto: protocolName(place.protocol),
    service: serviceName(place.port, place.protocol),
    openedUs: openedUs as Micros,
    closedUs: closedUs as Micros,
    ...(opening ? { opening } : {}),
    ...(closing ? { closing } : {}),
    ...(repeats ? { times: repeats.times } : {}),
    basis,
    flags,
    sessions: seen.sessions || (logs && !traffic ? logs.rows : 0),
    actors: seen.actors || (logs && !traffic ? logs.actors : 0),
  };
}

function trafficBasis(place: Place, traffic: TrafficWindow, asset: string): ExposureBasis {
  const { opening, closing } = traffic;
  return {
    kind: 'traffic',
    openedUs: traffic.openedUs as Micros,
    closedUs: traffic.closedUs as Micros,
    ...(opening ? { opening } : {}),
    ...(closing ? { closing } : {}),
    text: `${traffic.text}${boundsWords(opening, 'opened')}${boundsWords(closing, 'closed')}`,
    rows: [{ table: 'flows', asset, port: place.port, fromUs: traffic.firstUs, toUs: traffic.lastUs + 1 }],
  };
}

function trafficFlags(
  place: Place,
  isByRule: boolean,
  traffic: TrafficWindow,
  outside: Outside,
  input: ExposureInput,
): string[] {
  const flags: string[] = [];
  const { early, late } = outside;
  const by = (actors: number): string =>
    actors < input.limits.widenedByActors
      ? ` (${plural(actors, 'actor')}, so another rule may let ${actors === 1 ? 'it' : 'them'} in)`
      : '';
  if (early > 0)
    flags.push(
      `outsiders got through ${formatDuration(outside.earlyUs)} before the change that opened it${by(early)}`,
    );
  if (late > 0)
    flags.push(
      `outsiders still got through ${formatDuration(outside.lateUs)} after the change that closed it${by(late)}`,
    );
  if (!isByRule && input.evidence.tables.changes.rowCount > 0)
    flags.push('no change in the control-plane log opened it');
  if (input.contacts.services.answers[traffic.service] === 0 && !place.logs) flags.push(UNANSWERED);
  return flags;
}

/** Actors that got through outside the changes' window, and how far outside. */
interface Outside {
  readonly early: number;
  readonly late: number;
  readonly earlyUs: number;
  readonly lateUs: number;
}

function outsideOf(traffic: TrafficWindow, openedUs: number, closedUs: number, slack: number): Outside {
  const early = new Set<number>();
  const late = new Set<number>();
  traffic.actors.forEach((actor, k) => {
    if (traffic.startsUs[k] < openedUs - slack) early.add(actor);
    if (traffic.startsUs[k] > closedUs + slack) late.add(actor);
  });
  return {
    early: early.size,
    late: late.size,
    earlyUs: openedUs - traffic.firstUs,
    lateUs: traffic.lastUs - closedUs,
  };
}

/**
 * The changes' window, made wider where traffic of `fewest` actors lay outside it (fewer are more likely let in by a rule of their own);
 * without changes, the traffic's.
 */
function widened(
  [openedUs, closedUs]: readonly [number, number],
  isByRule: boolean,
  traffic: TrafficWindow,
  { early, late }: Outside,
  fewest: number,
): [number, number] {
  if (!isByRule) return [traffic.openedUs, traffic.closedUs];
  return [
    Number.isNaN(openedUs) || early >= fewest ? traffic.openedUs : openedUs,
    Number.isNaN(closedUs) || late >= fewest ? traffic.closedUs : closedUs,
  ];
}

function countOutside(
  place: Place,
  openedUs: number,
  closedUs: number,
  input: ExposureInput,
): { sessions: number; actors: number } {
  if (!place.traffic) return { sessions: 0, actors: 0 };
  const { contacts, outside } = input;
  let sessions = 0;
  let actors = 0;
  const mine = contactsOf(contacts, place.traffic.service);
  for (let k = 0; k < mine.length; k++) {
    const c = mine[k];
    if (outside[contacts.actor[c]] === 0) continue;
    if (contacts.reached[c] === 0 || contacts.lastUs[c] < openedUs || contacts.firstUs[c] > closedUs)
      continue;
    sessions += contacts.reached[c];
    actors += 1;
  }
  return { sessions, actors };
}

/** The analyst's windows replace what was found for the same service, and keep its bases beside their own. */
function applyAnalyst(
  found: readonly ExposureFinding[],
  input: ExposureInput,
  caveats: Caveat[],
): ExposureFinding[] {
  const given = input.parameters.exposure ?? [];
  let findings = [...found];
  const made: ExposureFinding[] = [];
  for (const entry of given) {
    const id = assetNamed(entry.asset, input.assets);
    if (id === -1) {
      caveats.push({
        cell: 'exposure',
        text: `${entry.asset} is given as exposed, but no asset has that name or alias.`,
      });
      continue;
    }
    const asset = input.assets.names[id];
    const proto = protocolName(protocolNumber(entry.proto));
    const same = findings.filter((f) => f.asset === asset && f.port === entry.port && f.proto === proto);
    findings = findings.filter((f) => !same.includes(f));
    const openedUs = entry.opened === undefined ? UNKNOWN_TIME : parseIsoUtc(entry.opened);
    const closedUs = entry.closed === undefined ? UNKNOWN_TIME : parseIsoUtc(entry.closed);
    made.push({
      asset,
      port: entry.port,
      proto,
      service: cloudServiceNumber(proto) === -1 ? `${entry.port}/${proto}` : proto,
      openedUs,
      closedUs,
      basis: [
        { kind: 'analyst', openedUs, closedUs, text: 'set by hand' },
        ...same.flatMap((finding) => finding.basis),
      ],
      flags: same.flatMap((finding) => againstAnalyst(finding, openedUs, closedUs, slackUs(input.limits))),
      sessions: greatest(
        same.map((finding) => finding.sessions),
        0,
      ),
      actors: greatest(
        same.map((finding) => finding.actors),
        0,
      ),
    });
  }
  return [...findings, ...made];
}

function againstAnalyst(
  finding: ExposureFinding,
  openedUs: number,
  closedUs: number,
  slack: number,
): string[] {
  const flags: string[] = [];
  const base = finding.basis[0]?.kind === 'change' ? 'the change' : 'the traffic';
  if (Math.abs(finding.openedUs - openedUs) > slack)
    flags.push(`${base} says that it opened ${formatUtc(finding.openedUs)}`);
  if (Math.abs(finding.closedUs - closedUs) > slack)
    flags.push(`${base} says that it closed ${formatUtc(finding.closedUs)}`);
  return flags;
}

/** AssetId of a name or alias, or −1. */
export function assetNamed(text: string, assets: AssetIndex): number {
  const byName = assets.names.indexOf(text);
  return byName !== -1 ? byName : assets.aliases.findIndex((aliases) => aliases.includes(text));
}
