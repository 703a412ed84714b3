import { isMappedIpv4, parseAddress, type AddressWords } from '../base/addresses';
import { formatCount, plural } from '../base/units';
import { CLOUD_FORMATS, CLOUD_LOG, cloudLogs } from './cloud-services';
import type { AssetIndex, Sessions } from './context';
import type { Evidence, SourceInfo } from './evidence';
import { isPrivate, SIDE, type OwnNetworks } from './own-networks';
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
const MOST_ALIASES = 200;

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

/** AssetId of a row's machine, or −1: its host name first, then what is known of its file. */
export function assetOfLogRow(assets: AssetIndex, source: number, host: number): number {
  if (host !== 0) return assets.byString[host] - 1;
  return (assets.bySource?.[source] ?? 0) - 1;
}

/** What the notebook calls the machine that wrote a source; null where that is not known. */
export function assetOfSource(assets: AssetIndex, source: SourceInfo | undefined): string | null {
  if (source === undefined) return null;
  return assets.names[(assets.bySource?.[source.id] ?? 0) - 1] ?? source.asset ?? null;
}

/** Names and addresses as nodes of a union–find forest: each tree is one asset. */
class Names {
  readonly #evidence: Evidence;
  readonly #parents: number[] = [];
  readonly #texts: string[] = [];
  readonly #ranks: number[] = [];
  readonly #reasons: string[][] = [];
  readonly #caseNames: (string | undefined)[] = [];
  readonly #addresses = new Map<number, number>();
  readonly #strings = new Map<number, number>();
  readonly #literals = new Map<string, number>();
  /** Buckets, accounts and projects: they hold data as machines do, but are none. */
  readonly #clouds = new Set<number>();

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
  }

  get stringNodes(): ReadonlyMap<number, number> {
    return this.#strings;
  }

  /** What logs and the case call machines by, addresses aside. */
  get nodesOfNames(): number[] {
    return [...this.#literals.values(), ...this.#strings.values()];
  }

  /** One node of each machine. */
  get machines(): number[] {
    return this.#parents
      .map((_, node) => node)
      .filter((node) => this.root(node) === node && !this.#clouds.has(node));
  }

  /** A bucket, account or project that the audit log of its cloud names. */
  ofCloud(id: number): number {
    const node = this.ofString(id);
    this.#clouds.add(node);
    return node;
  }

  isCloud(node: number): boolean {
    return this.#clouds.has(node);
  }

  textOf(node: number): string {
    return this.#texts[node];
  }

  ofAddress(address: number): number {
    const known = this.#addresses.get(address);
    if (known !== undefined) return known;
    const node = this.#add(this.#evidence.dictionaries.addresses.text(address), NAME_RANK.address);
    this.#addresses.set(address, node);
    return node;
  }

  /** Every machine has it, so it names none. */
  isLoopback(address: number): boolean {
    const [w0, w1, w2, w3] = this.#evidence.dictionaries.addresses.words(address);
    return isMappedIpv4(w0, w1, w2) ? w3 >>> 24 === 127 : w0 === 0 && w1 === 0 && w2 === 0 && w3 === 1;
  }

  hasAddress(address: number): boolean {
    return this.#addresses.has(address);
  }

  ofString(id: number, rank: number = NAME_RANK.host): number {
    const known = this.#strings.get(id);
    if (known !== undefined) {
      // A Windows host is the sensor of its connections before it is found to write lines of its own.
      this.#ranks[known] = Math.min(this.#ranks[known], rank);
      return known;
    }
    const node = this.#add(this.#evidence.dictionaries.strings.text(id), rank);
    this.#strings.set(id, node);
    return node;
  }

  ofText(text: string, rank: number): number {
    const known = this.#literals.get(text);
    if (known !== undefined) return known;
    const node = this.#add(text, rank);
    this.#literals.set(text, node);
    return node;
  }

  setCaseName(node: number, name: string): void {
    this.#caseNames[this.root(node)] = name;
  }

  caseNameOf(node: number): string | undefined {
    return this.#caseNames[this.root(node)];
  }

  because(node: number, reason: string): void {
    const reasons = this.#reasons[this.root(node)];
    if (!reasons.includes(reason) && reasons.length < MOST_ALIASES) reasons.push(reason);
  }

  join(a: number, b: number, reason?: string): void {
    const first = this.root(a);
    const second = this.root(b);
    if (first === second) return;
    const firstCase = this.#caseNames[first];
    const secondCase = this.#caseNames[second];
    if (firstCase !== undefined && secondCase !== undefined && firstCase !== secondCase) return;
    const [into, from] = first < second ? [first, second] : [second, first];
    this.#parents[from] = into;
    this.#caseNames[into] = firstCase ?? secondCase;
    for (const text of this.#reasons[from]) this.because(into, text);
    if (reason !== undefined) this.because(into, reason);
  }

  root(node: number): number {
    let at = node;
    while (this.#parents[at] !== at) {
      this.#parents[at] = this.#parents[this.#parents[at]];
      at = this.#parents[at];
    }
    return at;
  }

  #add(text: string, rank: number): number {
    const node = this.#parents.length;
    this.#parents.push(node);
    this.#texts.push(text);
    this.#ranks.push(rank);
    this.#reasons.push([]);
    this.#caseNames.push(undefined);
    return node;
  }

  /** Numbers the trees in the order of their first node. */
  index(own: OwnNetworks, nodeOfSource: ReadonlyMap<number, number>): AssetIndex {
    const idOfRoot = new Map<number, number>();
    const members: number[][] = [];
    for (let node = 0; node < this.#parents.length; node++) {
      const root = this.root(node);
      let id = idOfRoot.get(root);
      if (id === undefined) {
        idOfRoot.set(root, (id = members.length));
        members.push([]);
      }
      members[id].push(node);
    }
    const idOf = (node: number): number => (idOfRoot.get(this.root(node)) ?? -1) + 1;
    const byAddress = new Uint32Array(this.#evidence.dictionaries.addresses.size);
    const byString = new Uint32Array(this.#evidence.dictionaries.strings.size);
    for (const [address, node] of this.#addresses) byAddress[address] = idOf(node);
    for (const [string, node] of this.#strings) byString[string] = idOf(node);
    const sourceIds = [...nodeOfSource.keys()];
    const bySource = new Uint32Array(Math.max(0, ...sourceIds.map((id) => id + 1)));
    for (const [source, node] of nodeOfSource) bySource[source] = idOf(node);
    const chosen = members.map((nodes) => this.#nameOf(nodes));
    return {
      count: members.length,
      names: chosen,
      aliases: members.map((nodes, id) => this.#aliasesOf(nodes, chosen[id])),
      why: members.map((nodes) => [...this.#reasons[this.root(nodes[0])]]),
      byAddress,
      byString,
      bySource,
      isOwn: own.side.map((side) => (side === 1 ? 1 : 0)),
    };
  }

  #nameOf(nodes: readonly number[]): string {
    const given = this.#caseNames[this.root(nodes[0])];
    if (given !== undefined) return given;
    let best = nodes[0];
    for (const node of nodes) if (this.#ranks[node] < this.#ranks[best]) best = node;
    return this.#texts[best];
  }

  #aliasesOf(nodes: readonly number[], name: string): string[] {
    const texts = new Set(nodes.map((node) => this.#texts[node]));
    texts.delete(name);
    return [...texts].slice(0, MOST_ALIASES);
  }
}

/** Which of an asset's names a person would use, lowest first. */
const NAME_RANK = { given: 0, host: 1, address: 2, sensor: 3, file: 4 } as const;

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
    const isSaid = parameters.sources?.some((rule) => rule.asset === source.asset) === true;
    if (CLOUD_FORMATS.test(source.format) && !isSaid) continue;
    if (source.asset !== undefined && source.asset !== '') {
      const node = givenNode(names, evidence, source.asset);
      names.because(node, `${source.name} is said to come from it`);
      if (named.length === 1) names.join(node, names.ofString(named[0]));
      nodeOfSource.set(source.id, node);
    } else if (named.length === 1) nodeOfSource.set(source.id, names.ofString(named[0]));
  }
  for (const source of evidence.sources) {
    const hosts = hostsOfSource.get(source.id);
    if (!hosts?.has(0) || nodeOfSource.has(source.id) || CLOUD_FORMATS.test(source.format)) continue;
    nodeOfSource.set(source.id, namelessNode(names, source));
  }
  return nodeOfSource;
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
