import { greatest, least } from '../../src/lib/base/extremes';
import { MICROS_PER_HOUR } from '../../src/lib/base/time';
import type { CaseParameters } from '../../src/lib/analysis/parameters';
import type { Deed } from './activities/quiet';
import type { Opening } from './activities/control-plane';
import { exportCloudTrail } from './exporters/cloudtrail';
import type { LogLine } from './exporters/lines';
import { exportAccess, exportAudit } from './exporters/services';
import { exportGoogleAudit } from './exporters/google-audit';
import { exportLogins, isNumbered } from './exporters/logins';
import { exportOtherFlows, type FlowFile } from './exporters/other-flows';
import type { FlowRow } from './exporters/pieces';
import { exportFlows, type FlowOptions } from './exporters/vpc-flow';
import { iso, verdictsOf, type Erasure, type Truth, type Visibility } from './truth';
import { hostTime, loginPort, type Asset, type Conversation, type World } from './world';

/** A log as it was handed over. */
export interface ScenarioFile {
  readonly name: string;
  readonly text: string;
}

/** Lines to be taken out of one host's log before it is handed over. */
export interface ErasureOrder {
  readonly asset: Asset;
  readonly log: 'auth' | 'access' | 'audit';
  /** Absent: a whole stretch. */
  readonly actor?: string;
  readonly fromUs: number;
  readonly toUs: number;
  readonly isErased: (line: LogLine) => boolean;
}

export interface ScenarioOptions {
  readonly world: World;
  readonly seed: number;
  readonly opening: Opening;
  readonly flows: FlowOptions | null;
  /** Flow files are cut at these times; none: one file. */
  readonly flowCuts?: readonly number[];
  /** The log of the account's or project's changes; null: not handed over. */
  readonly trail: 'aws' | 'google' | null;
  readonly erasures?: readonly ErasureOrder[];
  readonly quiet: readonly {
    readonly actor: string;
    readonly label: string;
    /** False where even complete logs could not set it apart. */
    readonly isTellable?: boolean;
    readonly deeds: readonly Deed[];
  }[];
  readonly known: readonly { readonly actor: string; readonly label: string }[];
  /** Rightful users whom nobody declared, and what they read. */
  readonly benign?: readonly { readonly actor: string; readonly deeds: readonly Deed[] }[];
  readonly credentials?: Truth['credentials'];
  readonly beacons?: Truth['beacons'];
  readonly parameters: CaseParameters;
}

export interface Scenario {
  readonly files: readonly ScenarioFile[];
  readonly parameters: CaseParameters;
  readonly truth: Truth;
}

function fileOf(
  name: string,
  lines: readonly { readonly text: string }[],
  around: { readonly head?: string; readonly foot?: string } = {},
): ScenarioFile {
  const line = (each: string | undefined): string => (each === undefined ? '' : `${each}\n`);
  const texts = lines.map(({ text }) => text);
  return {
    name,
    text: `${line(around.head)}${line(texts.length === 0 ? undefined : texts.join('\n'))}${line(around.foot)}`,
  };
}

/** Characters a file: the engine's strings end at 2²⁹ (V8), and a million conversations in JSON take about as many. */
const MOST_CHARACTERS = 2 ** 28;

/** One file, or several where it were too large for one: each with the header, the last with the footer. */
function otherFlowFiles({ name, header, rows, footer = '' }: FlowFile): ScenarioFile[] {
  const parts: FlowRow[][] = [[]];
  let characters = 0;
  for (const row of rows) {
    if (characters + row.text.length > MOST_CHARACTERS) {
      parts.push([]);
      characters = 0;
    }
    parts.at(-1)?.push(row);
    characters += row.text.length + 1;
  }
  return parts.map((part, index) => {
    const head = header === '' ? undefined : header;
    const foot = footer === '' || index < parts.length - 1 ? undefined : footer;
    const numbered = index === 0 ? name : name.replace(/\.(?=[^.]+$)/, `-${index + 1}.`);
    return fileOf(numbered, part, { head, foot });
  });
}

/** Writes every log that the world's hosts hand over, and the truth about them. */
export function exportScenario(options: ScenarioOptions): Scenario {
  const { world } = options;
  const conversations = [...world.conversations].sort((a, b) => a.startUs - b.startUs || a.id - b.id);
  const byAsset = new Map(world.assets.map((asset) => [asset, [] as Conversation[]]));
  for (const conversation of conversations) byAsset.get(conversation.asset)?.push(conversation);
  const files: ScenarioFile[] = [];
  const inFlows = new Set<number>();
  if (options.flows) {
    const { format = 'vpc' } = options.flows;
    if (format === 'vpc') {
      const flows = exportFlows(world, conversations, options.flows);
      for (const row of flows.rows) inFlows.add(row.conversation);
      files.push(...flowFiles(world, flows, options.flowCuts ?? []));
    } else {
      const flows = exportOtherFlows(format, world, conversations, options.flows);
      for (const row of flows.rows) inFlows.add(row.conversation);
      for (const file of otherFlowFiles(flows)) files.push(file);
    }
  }
  const shown = new Set<number>();
  const erased: Erasure[] = [];
  const accounts: Truth['accounts'][number][] = [];
  for (const asset of world.assets) {
    const own = byAsset.get(asset) ?? [];
    const logins = exportLogins(world, asset, own);
    if (logins) {
      const orders = ordersFor(options, asset, 'auth');
      const lines = eraseLines(options, logins.name, logins.lines, orders, inFlows, erased);
      for (const account of accountsIn(options, asset, lines)) accounts.push(account);
      files.push(fileOf(logins.name, lines, logins));
    }
    if (asset.logs.audit) {
      const name = `${asset.name}-elasticsearch-audit.json`;
      const all = exportAudit(world, asset, own);
      const lines = eraseLines(options, name, all, ordersFor(options, asset, 'audit'), inFlows, erased);
      for (const line of lines) shown.add(line.conversation);
      files.push(fileOf(name, lines));
    }
    if (asset.logs.access) {
      const name = `${asset.name}-kibana-access.log`;
      const all = exportAccess(world, asset, asset.logs.access.port, own);
      const lines = eraseLines(options, name, all, ordersFor(options, asset, 'access'), inFlows, erased);
      for (const line of lines) shown.add(line.conversation);
      files.push(fileOf(name, lines));
    }
  }
  if (options.trail === 'aws') files.push({ name: 'cloudtrail.json', text: exportCloudTrail(world) });
  if (options.trail === 'google')
    files.push({
      name: 'audit-log.json',
      text: exportGoogleAudit(world, { name: 'remote-debugging', ...options.opening }),
    });
  return {
    files,
    parameters: options.parameters,
    truth: truthOf(options, { shown, inFlows, erased, accounts }),
  };
}

function flowFiles(
  world: World,
  { header, rows }: ReturnType<typeof exportFlows>,
  cuts: readonly number[],
): ScenarioFile[] {
  const ends = [...cuts, world.toUs];
  let fromUs = world.fromUs;
  return ends.map((toUs, index) => {
    const part = rows.filter(
      (row) =>
        (row.startS * 1e6 >= fromUs || index === 0) && (row.startS * 1e6 < toUs || index === ends.length - 1),
    );
    const name = ends.length === 1 ? 'vpc-flow.log' : `vpc-flow-${iso(fromUs).slice(0, 10)}.log`;
    fromUs = toUs;
    return fileOf(name, [{ text: header }, ...part]);
  });
}

function ordersFor(options: ScenarioOptions, asset: Asset, log: ErasureOrder['log']): ErasureOrder[] {
  return (options.erasures ?? []).filter((order) => order.asset === asset && order.log === log);
}

/** A host writes at least every hour (cron): this long without a line is a silence. */
const SILENCE_US = 3 * MICROS_PER_HOUR;

function eraseLines(
  options: ScenarioOptions,
  name: string,
  lines: readonly LogLine[],
  orders: readonly ErasureOrder[],
  inFlows: ReadonlySet<number>,
  erased: Erasure[],
): readonly LogLine[] {
  let left = lines;
  for (const order of orders) {
    const gone = left.filter((line) => order.isErased(line));
    left = left.filter((line) => !order.isErased(line));
    const conversations = new Set(gone.map((line) => line.conversation).filter((id) => id >= 0));
    for (const line of left) conversations.delete(line.conversation);
    const seen = [...conversations].filter(
      (id) => inFlows.has(id) && leavesLines(options.world, id, order.log),
    );
    const times = gone.map(({ atUs }) => atUs);
    const isSilence = order.actor === undefined && order.toUs - order.fromUs >= SILENCE_US;
    erased.push({
      source: name,
      asset: order.asset.name,
      ...(order.actor === undefined ? {} : { actor: order.actor }),
      from: iso(order.fromUs),
      to: iso(order.toUs),
      inLog: gone.length === 0 ? null : { from: iso(least(times)), to: iso(greatest(times)) },
      lines: gone.length,
      conversations: conversations.size,
      isTellable: isSilence || seen.length >= 2 || (leavesGap(order, gone, left) && isNumbered(order.asset)),
    });
  }
  return left;
}

/** Whether a conversation always leaves a line in a log that is whole: of the login logs' conversations those in which somebody tried to log in. */
function leavesLines(world: World, id: number, log: ErasureOrder['log']): boolean {
  const { login, requests = [] } = world.conversations[id] ?? {};
  return log === 'auth'
    ? (login?.tries.length ?? 0) > 0
    : log === 'audit' && requests.some(({ audit }) => audit);
}

/** Whether something stands behind what was taken out: numbers that end early say nothing. */
function leavesGap(order: ErasureOrder, gone: readonly LogLine[], left: readonly LogLine[]): boolean {
  const lastUs = left[left.length - 1]?.atUs ?? -Infinity;
  return order.log === 'auth' && gone.length > 0 && (gone[0]?.atUs ?? Infinity) < lastUs;
}

/** The accounts that intruders made on a host and that its log still tells of. */
function accountsIn(
  options: ScenarioOptions,
  asset: Asset,
  lines: readonly LogLine[],
): Truth['accounts'][number][] {
  return options.quiet
    .flatMap(({ deeds }) => deeds)
    .filter((deed) => deed.asset === asset.name)
    .flatMap(({ conversation, atUs }) => {
      const leaves = options.world.conversations[conversation]?.login?.leaves;
      const isTold =
        leaves &&
        lines.some((line) => line.conversation === conversation && line.text.includes(leaves.account));
      return isTold ? [{ asset: asset.name, account: leaves.account, at: iso(atUs + leaves.afterUs) }] : [];
    });
}

/**
 * Without the trail, only strangers who were let in show that a service was open, and for no longer than from the first to the last of
 * them; and without flows nothing ties a name to an address.
 */
function openness(options: ScenarioOptions, inFlows: ReadonlySet<number>): Visibility['isKnownOpen'] {
  if (!options.flows) return () => false;
  if (options.trail !== null) return () => true;
  const ours = new Set(options.known.map(({ actor }) => actor));
  const spans = new Map<string, { fromUs: number; toUs: number }>();
  for (const each of options.world.conversations) {
    if (each.outcome !== 'accepted' || !inFlows.has(each.id)) continue;
    if (ours.has(each.client) || each.client.startsWith('10.')) continue;
    const key = `${each.asset.name} ${each.serverPort}`;
    const span = spans.get(key) ?? { fromUs: Infinity, toUs: -Infinity };
    spans.set(key, { fromUs: Math.min(span.fromUs, each.startUs), toUs: Math.max(span.toUs, each.endUs) });
  }
  return (asset, port, fromUs, toUs) => {
    const span = spans.get(`${asset.name} ${port}`);
    return span !== undefined && span.fromUs < toUs && span.toUs >= fromUs;
  };
}

interface Traces {
  /** Conversations that some service's log tells of. */
  readonly shown: ReadonlySet<number>;
  readonly inFlows: ReadonlySet<number>;
  readonly erased: Erasure[];
  readonly accounts: Truth['accounts'];
}

function truthOf(options: ScenarioOptions, traces: Traces): Truth {
  const { world, opening } = options;
  const exposure = world.members.flatMap((asset) =>
    asset.services
      .filter(({ port }) => opening.ports.some((range) => port >= range.from && port <= range.to))
      .map(({ port }) => ({ asset, port, openedUs: opening.openedUs, closedUs: opening.closedUs })),
  );
  const deeds = [...options.quiet, ...(options.benign ?? [])].flatMap((each) => each.deeds);
  return {
    synthetic: true,
    seed: options.seed,
    from: iso(world.fromUs),
    to: iso(world.toUs),
    aggregationSeconds: options.flows?.aggregationSeconds ?? 0,
    assets: world.assets.map((asset) => ({
      asset: asset.name,
      addresses: [asset.address, ...(asset.address6 === undefined ? [] : [asset.address6])],
      interfaceId: asset.interfaceId,
      instanceId: asset.instanceId,
    })),
    exposure: exposure.map(({ asset, port, openedUs, closedUs }) => ({
      asset: asset.name,
      port,
      proto: 'tcp',
      opened: iso(openedUs),
      closed: Number.isFinite(closedUs) ? iso(closedUs) : null,
    })),
    actors: actorsOf(options, traces),
    ...verdictsOf(world, exposure, deeds, visibilityOf(options, traces)),
    erased: traces.erased,
    accounts: traces.accounts,
    clockOffsets: world.assets
      .filter((asset) => asset.logs.auth)
      .map((asset) => ({ asset: asset.name, ...asset.clock })),
    credentials: options.credentials ?? [],
    beacons: options.beacons ?? [],
  };
}

function visibilityOf(options: ScenarioOptions, { shown, inFlows }: Traces): Visibility {
  const { world } = options;
  const untellable = new Set(
    options.quiet
      .filter((each) => each.isTellable === false)
      .flatMap((each) => each.deeds.map((deed) => deed.conversation)),
  );
  return {
    isCovered: (asset, port, fromUs, toUs) =>
      asset.logs.access?.port === port &&
      asset.logs.access.heldOffAsset &&
      !ordersFor(options, asset, 'access').some((hole) => hole.fromUs < toUs && hole.toUs > fromUs),
    isShown: (deed) =>
      !isLoginDeed(world, deed) && shown.has(deed.conversation) && !untellable.has(deed.conversation),
    timesOf: ({ asset, atUs, endUs }) => {
      const clock = (us: number): number =>
        options.flows ? us : hostTime(world.asset(asset), world.fromUs, us);
      return { fromUs: clock(atUs), toUs: clock(endUs) };
    },
    isKnownOpen: openness(options, inFlows),
  };
}

function actorsOf(options: ScenarioOptions, { shown, inFlows, erased }: Traces): Truth['actors'] {
  const { world } = options;
  const noise: Record<string, string[]> = {};
  const seen = new Set(world.conversations.map((each) => each.client));
  for (const [address, label] of world.noise) if (seen.has(address)) (noise[label] ??= []).push(address);
  const isVisible = (deed: Deed): boolean =>
    (inFlows.has(deed.conversation) && (options.flows?.kept ?? 1) >= 1) ||
    shown.has(deed.conversation) ||
    (isLoginDeed(world, deed) && isLoggedIn(world, deed, erased));
  return {
    quiet: options.quiet.map(({ actor, label, isTellable = true, deeds }) => ({
      actor,
      label,
      isVisible: isTellable && deeds.some(isVisible),
      did: [...deeds]
        .sort((a, b) => a.atUs - b.atUs)
        .map((deed) => ({
          asset: deed.asset,
          service: `${deed.port}/tcp`,
          from: iso(deed.atUs),
          to: iso(deed.endUs),
          rung: deed.rung,
          bytesToActor: deed.bytesToActor,
          bytesFromActor: deed.bytesFromActor,
          what: deed.what,
        })),
    })),
    known: options.known,
    benign: (options.benign ?? []).map(({ actor }) => actor),
    noise,
  };
}

function isLoginDeed(world: World, deed: Deed): boolean {
  return deed.port === loginPort(world.asset(deed.asset));
}

function isLoggedIn(world: World, deed: Deed, erased: readonly Erasure[]): boolean {
  return (
    world.asset(deed.asset).logs.auth !== undefined &&
    !erased.some(
      (each) => each.asset === deed.asset && !/-(?:access|elasticsearch-audit)\./.test(each.source),
    )
  );
}
