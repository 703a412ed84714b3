import { parseAddress, type AddressWords } from '../base/addresses';
import { formatCount, plural } from '../base/units';
import { NAME_RANK, Names } from './asset-names';
import { CLOUD_FORMATS, CLOUD_LOG, cloudLogs } from './cloud-services';
import { CHANGE_KIND } from '../tables/schemas';
import type { AssetBinding, AssetIndex, Sessions } from './context';
import type { Evidence, SourceInfo } from './evidence';
import { rotatedLogs } from './log-series';
import type { OwnNetworks } from './own-networks';
import { isPrivate, SIDE } from './own-ranges';
import type { CaseParameters } from './parameters';

/** A host name that other evidence ties to an address: what matching flows against the host's lines gives back. */
export interface ExtraAlias {
  /** StringId of the host name; 0: the machine is known by the file alone. */
  readonly host: number;
  readonly source?: number;
  readonly address: number;
  readonly reason: string;
}

/** `ip-10-0-1-23`, the name that EC2 gives a machine after its private address. */
const EC2_NAME = /^ip-(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})(?:\.|$)/;

/**
 * Which addresses, host names and interfaces are ours, and which of them are one machine. What the case says wins; two names that
 * the case gives to different assets are never joined.
 */
export function indexAssets(
  evidence: Evidence,
  parameters: CaseParameters,
  own: OwnNetworks,
  sessions: Sessions,
  extraAliases: readonly ExtraAlias[] = [],
): AssetIndex {
  const names = new Names(evidence);
  addCaseAssets(names, evidence, parameters);
  addFlowAssets(names, own, sessions);
  const hostsOfSource = addHosts(names, evidence, own);
  joinShortNames(names);
  for (const alias of extraAliases) {
    if (alias.host !== 0)
      names.join(names.ofString(alias.host), names.ofAddress(alias.address), alias.reason);
  }
  const nodeOfSource = addSources(names, evidence, parameters, hostsOfSource);
  for (const alias of extraAliases) {
    const node = alias.source === undefined ? undefined : nodeOfSource.get(alias.source);
    if (alias.host === 0 && node !== undefined)
      names.join(node, names.ofAddress(alias.address), alias.reason);
  }
  return names.index(own, nodeOfSource);
}

/** Whether the same rows are of the same machines, however these are called. */
export function isSameBinding(a: AssetBinding, b: AssetBinding): boolean {
  return (
    a.count === b.count &&
    isSame(a.byAddress, b.byAddress) &&
    isSame(a.byString, b.byString) &&
    isSame(a.bySource ?? NONE, b.bySource ?? NONE) &&
    isSame(a.isOwn, b.isOwn)
  );
}

const NONE = new Uint32Array(0);

function isSame(a: Uint32Array | Uint8Array, b: Uint32Array | Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** AssetId of a row's machine, or −1: its host name first, then what is known of its file. */
export function assetOfLogRow(assets: AssetBinding, source: number, host: number): number {
  if (host !== 0) return assets.byString[host] - 1;
  return (assets.bySource?.[source] ?? 0) - 1;
}

/** What the notebook calls the machine that wrote a source; null where that is not known. */
export function assetOfSource(assets: AssetIndex, source: SourceInfo | undefined): string | null {
  if (source === undefined) return null;
  return assets.names[(assets.bySource?.[source.id] ?? 0) - 1] ?? source.asset ?? null;
}

function addCaseAssets(names: Names, evidence: Evidence, parameters: CaseParameters): void {
  const assets = parameters.assets ?? [];
  if (assets.length === 0) return;
  const { addresses, strings } = evidence.dictionaries;
  const wanted = new Map<string, number[]>();
  for (const asset of assets) {
    const node = names.ofText(asset.name, NAME_RANK.given);
    names.setCaseName(node, asset.name);
    names.because(node, 'named by the case');
    for (const text of [asset.name, ...(asset.aliases ?? [])]) {
      const words = parseAddress(text);
      if (words) {
        const key = words.join(',');
        wanted.set(key, [...(wanted.get(key) ?? []), node]);
        continue;
      }
      const id = strings.find(text);
      if (id > 0) names.join(node, names.ofString(id));
      else if (text !== asset.name) names.join(node, names.ofText(text, NAME_RANK.host));
    }
  }
  if (wanted.size === 0) return;
  for (let id = 1; id < addresses.size; id++) {
    for (const node of wanted.get(addresses.words(id).join(',')) ?? []) names.join(node, names.ofAddress(id));
  }
}

function addFlowAssets(names: Names, own: OwnNetworks, sessions: Sessions): void {
  const seen = new Uint8Array(own.side.length);
  for (let i = 0; i < sessions.count; i++) seen[sessions.assetAddr[i]] = 1;
  for (let address = 1; address < seen.length; address++) {
    if (seen[address] === 0) continue;
    const reason =
      own.whyOwn.get(address) ??
      (own.isGiven ? 'its address lies in the networks given' : 'its address is private');
    names.because(names.ofAddress(address), reason);
  }
  for (const [sensor, address] of own.addressOfSensor) {
    if (!names.hasAddress(address) || names.isLoopback(address)) continue;
    const node = names.ofString(sensor, NAME_RANK.sensor);
    names.join(names.ofAddress(address), node, `${names.textOf(node)} records nothing but its traffic`);
    const second = own.secondOfSensor.get(sensor);
    if (second !== undefined && names.hasAddress(second) && !names.isLoopback(second))
      names.join(
        node,
        names.ofAddress(second),
        `${names.textOf(node)} records both addresses, and no other's`,
      );
  }
}

/** Machines that name themselves in their own log. Returns, per source, the host names in it. */
function addHosts(names: Names, evidence: Evidence, own: OwnNetworks): Map<number, Set<number>> {
  const lines = new Map<number, number>();
  const calls = new Map<number, number>();
  const hostsOfSource = new Map<number, Set<number>>();
  const isCloud = cloudLogs(evidence);
  for (const table of [evidence.tables.logins, evidence.tables.queries] as const) {
    for (const segment of table.segments) {
      const { host } = segment.columns;
      let hosts = hostsOfSource.get(segment.source);
      if (!hosts) hostsOfSource.set(segment.source, (hosts = new Set()));
      const counts = isCloud[segment.source] !== CLOUD_LOG.no ? calls : lines;
      // Lines of one host mostly follow each other.
      for (let from = 0, to = 0; from < segment.length; from = to) {
        while (to < segment.length && host[to] === host[from]) to += 1;
        hosts.add(host[from]);
        counts.set(host[from], (counts.get(host[from]) ?? 0) + to - from);
      }
    }
  }
  // A bucket may be opened without a single logged request to it.
  for (const { columns, length } of evidence.tables.changes.segments) {
    for (let i = 0; i < length; i++) {
      const kind = columns.kind[i];
      if (kind === CHANGE_KIND.publicGranted)
        calls.set(columns.host[i], (calls.get(columns.host[i]) ?? 0) + 1);
    }
  }
  for (const [host, count] of calls) {
    if (host !== 0 && !lines.has(host))
      names.because(names.ofCloud(host), `its cloud logged ${plural(count, 'call')} about it`);
  }
  const { addresses } = evidence.dictionaries;
  const idOf = (words: AddressWords): number | undefined => addresses.find(...words) || undefined;
  for (const [host, count] of lines) {
    if (host === 0) continue;
    const text = evidence.dictionaries.strings.text(host);
    const bare = parseAddress(text);
    // A network sensor names the called side by its address, and that may be anyone's: a page that our machine read.
    if (bare && !isOurs(bare, idOf(bare), own)) continue;
    const node = names.ofString(host);
    names.because(node, `${plural(count, 'log line')} ${bare ? 'about it' : 'of its own'}`);
    const ec2 = EC2_NAME.exec(text);
    const words = ec2 ? parseAddress(ec2.slice(1, 5).join('.')) : bare;
    const address = words ? idOf(words) : undefined;
    if (address === undefined || !(bare || names.hasAddress(address))) continue;
    names.join(
      node,
      names.ofAddress(address),
      ec2 ? `${text} is the name that EC2 gives to that address` : `its log names it by that address`,
    );
  }
  return hostsOfSource;
}

/** Whether a host that is named by its address is ours; `id` is that of the address where any row holds it. */
function isOurs(words: AddressWords, id: number | undefined, own: OwnNetworks): boolean {
  return id === undefined ? !own.isGiven && isPrivate(...words) : own.side[id] === SIDE.own;
}

/** `web1` and `WEB1` are one machine, as DNS (RFC 4343) and NetBIOS have it; `web1` and `web1.example.org` are where no second domain has a `web1`. */
function joinShortNames(names: Names): void {
  const longOf = new Map<string, Set<string>>();
  const nodes = new Map<string, number>();
  for (const node of names.nodesOfNames) {
    const text = names.textOf(node).toLowerCase();
    if (parseAddress(text) !== null || names.isCloud(node)) continue;
    const same = nodes.get(text);
    if (same === undefined) nodes.set(text, node);
    else names.join(same, node, `${names.textOf(same)} and ${names.textOf(node)} are one name`);
    const dot = text.indexOf('.');
    if (dot <= 0) continue;
    const short = text.slice(0, dot);
    longOf.set(short, (longOf.get(short) ?? new Set()).add(text));
  }
  for (const [short, longs] of longOf) {
    const shortNode = nodes.get(short);
    const [long] = longs;
    const longNode = nodes.get(long);
    if (shortNode === undefined || longNode === undefined || longs.size !== 1) continue;
    names.join(shortNode, longNode, `${long} is the full name of ${short}`);
  }
}

/** Ties files to machines: by the analyst's word, by the one host in them, or by being all that there is. */
function addSources(
  names: Names,
  evidence: Evidence,
  parameters: CaseParameters,
  hostsOfSource: ReadonlyMap<number, ReadonlySet<number>>,
): Map<number, number> {
  const nodeOfSource = new Map<number, number>();
  for (const source of evidence.sources) {
    const hosts = [...(hostsOfSource.get(source.id) ?? [])];
    const named = hosts.filter((host) => names.stringNodes.has(host));
    // A cloud service's log is written by nobody's machine, whatever single host it happens to speak of.
    const isSaid =
      source.asset !== undefined && parameters.sources?.some(({ asset }) => asset === source.asset) === true;
    if (CLOUD_FORMATS.test(source.format) && !isSaid) continue;
    if (source.asset !== undefined && source.asset !== '') {
      const node = givenNode(names, evidence, source.asset);
      names.because(node, `${source.name} is said to come from it`);
      if (named.length === 1) names.join(node, names.ofString(named[0]));
      nodeOfSource.set(source.id, node);
    } else if (named.length === 1) nodeOfSource.set(source.id, names.ofString(named[0]));
  }
  const nameless = evidence.sources.filter(
    ({ id, format }) => hostsOfSource.get(id)?.has(0) === true && !CLOUD_FORMATS.test(format),
  );
  const seriesOf = new Map(
    rotatedLogs(nameless).flatMap((parts) => parts.map(({ id }) => [id, parts] as const)),
  );
  for (const source of nameless) {
    if (nodeOfSource.has(source.id)) continue;
    const parts = seriesOf.get(source.id) ?? [source];
    const known = parts.find(({ id }) => nodeOfSource.has(id));
    const node = nodeOfSource.get(known?.id ?? source.id) ?? namelessNode(names, firstNamed(parts));
    if (parts.length > 1) names.because(node, seriesReason(parts));
    for (const { id } of parts) if (!nodeOfSource.has(id)) nodeOfSource.set(id, node);
  }
  return nodeOfSource;
}

/** Of a rotated log the file that is still written to, by its name. */
function firstNamed(parts: readonly SourceInfo[]): SourceInfo {
  return parts.reduce((first, part) => (part.name.length < first.name.length ? part : first));
}

function seriesReason(parts: readonly SourceInfo[]): string {
  const { name } = firstNamed(parts);
  return `${name} and ${plural(parts.length - 1, 'other file')} are parts of one log by their names, and follow each other in time`;
}

function givenNode(names: Names, evidence: Evidence, text: string): number {
  const { strings, addresses } = evidence.dictionaries;
  const words = parseAddress(text);
  if (words) {
    for (let id = 1; id < addresses.size; id++)
      if (addresses.words(id).join(',') === words.join(',')) return names.ofAddress(id);
  }
  const id = strings.find(text);
  const known = id > 0 ? names.stringNodes.get(id) : undefined;
  if (known !== undefined) return known;
  const node = names.ofText(text, NAME_RANK.given);
  const lower = text.toLowerCase();
  for (const other of names.nodesOfNames)
    if (!names.isCloud(other) && names.textOf(other).toLowerCase() === lower) names.join(node, other);
  return node;
}

function namelessNode(names: Names, source: SourceInfo): number {
  const roots = names.machines;
  if (roots.length === 1) {
    names.because(roots[0], `${source.name} names no host, and the case has no other machine`);
    return roots[0];
  }
  const node = names.ofText(`host of ${source.name}`, NAME_RANK.file);
  names.because(
    node,
    `${source.name} names no host (${formatCount(source.rows.logins + source.rows.queries)} rows); say which asset wrote it`,
  );
  return node;
}
