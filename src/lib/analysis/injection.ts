import type { SourceId } from '../base/brand';
import { cidrContains, parseCidr } from '../base/addresses';
import { randomInt, type Random } from '../base/random';
import { TableBuilder } from '../tables/builders';
import { Dictionaries } from '../tables/dictionaries';
import {
  LOG_STATUS,
  LOGIN_OUTCOME,
  UNKNOWN_PACKETS,
  VERDICT,
  type ColumnsFor,
  type TableName,
} from '../tables/schemas';
import { fromSegmentData, makeTables, type Segment, type Table } from '../tables/segment';
import { assetOfLogRow } from './assets';
import type { Ground } from './context';
import type { Evidence } from './evidence';
import { isNobody, isPrivate } from './own-ranges';
import { QueryRungs } from './query-rungs';

/** How far an attacker comes: a conversation alone, a login or a request that returns nothing, a read. Rungs of the ladder. */
export type AttackRung = 3 | 5 | 7;

/** One made-up quiet attacker: who, when, and how much it takes from one service. */
export interface Attack {
  readonly asset: number;
  readonly port: number;
  readonly protocol: number;
  /** Start of each session. */
  readonly startsUs: readonly number[];
  readonly bytesToActor: number;
  readonly rung: AttackRung;
  /** Whether logs that lie on the asset keep the lines that such a session leaves; those held elsewhere keep them always. */
  readonly leavesLines: boolean;
}

/** What injected rows are copied from, so that they look like the export that they are put into. */
export interface Template {
  readonly source: SourceId;
  readonly isHeldOff: boolean;
  readonly columns: Readonly<Record<string, number>>;
}

export interface Templates {
  readonly flow: Template | null;
  readonly login: Template | null;
  readonly query: Template | null;
  /** A request that was no read. */
  readonly probe: Template | null;
}

/** Ethernet-sized segments, as a server sends bulk. */
const PAYLOAD_A_PACKET = 1_400;
const HEADER = 52;
/** Bytes of a request, and of a key exchange before it. */
const REQUEST_BYTES = 900;
const SECONDS_AT_LEAST = 2;
/** What a quiet visitor's line takes it down at: 200 kB a second. */
const BYTES_A_SECOND = 200_000;

/**
 * Rows of the loaded tables to copy from, for one exposed service: an accepted flow row of the asset's port, an accepted login on the
 * host, a read that its own log has, and a request that was none. Null where the case has none: that trace is not injected.
 */
export function findTemplates(ground: Ground, asset: number, port: number): Templates {
  const { tables } = ground.evidence;
  const { assets } = ground;
  const rungs = new QueryRungs(ground.evidence);
  return {
    flow: templateFrom(
      ground,
      tables.flows,
      (c, i) =>
        c.logStatus[i] === LOG_STATUS.ok &&
        c.verdict[i] !== VERDICT.reject &&
        c.dstPort[i] === port &&
        assets.byAddress[c.dstAddr[i]] === asset + 1,
    ),
    login: templateFrom(
      ground,
      tables.logins,
      (c, i, source) =>
        c.outcome[i] === LOGIN_OUTCOME.success &&
        c.actorAddr[i] !== 0 &&
        assetOfLogRow(assets, source, c.host[i]) === asset,
    ),
    query: templateFrom(
      ground,
      tables.queries,
      (c, i, source) =>
        c.actorAddr[i] !== 0 &&
        rungs.rungOf(c, i, source) >= 6 &&
        assetOfLogRow(assets, source, c.host[i]) === asset,
    ),
    probe: templateFrom(
      ground,
      tables.queries,
      (c, i, source) =>
        c.actorAddr[i] !== 0 &&
        rungs.rungOf(c, i, source) <= 5 &&
        assetOfLogRow(assets, source, c.host[i]) === asset,
    ),
  };
}

function templateFrom<T extends TableName>(
  ground: Ground,
  table: Table<T>,
  fits: (columns: ColumnsFor<T>, i: number, source: number) => boolean,
): Template | null {
  for (const segment of table.segments) {
    for (let i = 0; i < segment.length; i++) {
      if (!fits(segment.columns, i, segment.source)) continue;
      const columns: Record<string, number> = {};
      for (const [name, column] of Object.entries(segment.columns))
        columns[name] = (column as Float64Array)[i];
      const info = ground.evidence.sources.find((source) => source.id === segment.source);
      return { source: segment.source, isHeldOff: info?.heldOffAsset ?? false, columns };
    }
  }
  return null;
}

/**
 * A copy of the evidence with the attacks in it, each from an address that no row names. Nothing of the evidence itself is written to:
 * segments are shared, dictionaries copied. Returns the attackers' addresses in the order of `attacks`.
 */
export function inject(
  ground: Ground,
  attacks: readonly Attack[],
  templates: Templates,
  random: Random,
): { evidence: Evidence; actors: string[] } {
  const { evidence } = ground;
  const dictionaries = Dictionaries.fromData(evidence.dictionaries.toData());
  const made: Segment[] = [];
  const builders = {
    flows: builderFor('flows', templates.flow, made),
    logins: builderFor('logins', templates.login, made),
    queries: builderFor('queries', templates.query, made),
  };
  const actors: string[] = [];
  for (const attack of attacks) {
    const address = freshAddress(ground, dictionaries, random);
    actors.push(dictionaries.addresses.text(address));
    for (const startUs of attack.startsUs) {
      const port = randomInt(random, 32_768, 60_999);
      // No two sessions are alike: a row of equals would be a crowd of its own.
      const bytesToActor = Math.round(attack.bytesToActor * 2 ** (random() - 0.5));
      const session = { ...attack, bytesToActor, startUs, actor: address, actorPort: port };
      if (templates.flow) addFlow(builders.flows, templates.flow, session);
      if (attack.rung === 3) continue;
      const { login } = templates;
      const query = attack.rung === 7 ? templates.query : templates.probe;
      const isKept = (template: Template): boolean => attack.leavesLines || template.isHeldOff;
      if (attack.port === 22 && login && isKept(login)) addLogin(builders.logins, login, session);
      if (attack.port !== 22 && query && isKept(query)) addQuery(builders.queries, query, session);
    }
  }
  for (const builder of Object.values(builders)) builder.flush();
  const { tables } = evidence;
  const all = [
    ...tables.flows.segments,
    ...tables.logins.segments,
    ...tables.queries.segments,
    ...tables.changes.segments,
    ...made,
  ] as Segment[];
  return { evidence: { ...evidence, dictionaries, tables: makeTables(all) }, actors };
}

function builderFor<T extends TableName>(
  table: T,
  template: Template | null,
  made: Segment[],
): TableBuilder<T> {
  return new TableBuilder(table, (data) => {
    if (template) made.push(fromSegmentData(data, template.source));
  });
}

interface Session extends Attack {
  readonly startUs: number;
  readonly actor: number;
  readonly actorPort: number;
}

function endOf(session: Session): number {
  return session.startUs + (SECONDS_AT_LEAST + session.bytesToActor / BYTES_A_SECOND) * 1e6;
}

function addFlow(builder: TableBuilder<'flows'>, template: Template, session: Session): void {
  const base = template.columns;
  const packetsTo = Math.ceil(session.bytesToActor / PAYLOAD_A_PACKET) + 4;
  const packetsFrom = Math.ceil(packetsTo / 2) + 5;
  const bytesTo = session.bytesToActor + packetsTo * HEADER;
  const bytesFrom = REQUEST_BYTES + packetsFrom * HEADER;
  const seesBoth = !Number.isNaN(base['dstBytes']) || base['dstPackets'] !== UNKNOWN_PACKETS;
  const inward: Record<string, number> = {
    ...base,
    startUs: session.startUs,
    endUs: endOf(session),
    srcAddr: session.actor,
    srcPort: session.actorPort,
    srcBytes: bytesFrom,
    srcPackets: packetsFrom,
  };
  if (seesBoth) Object.assign(inward, { dstBytes: bytesTo, dstPackets: packetsTo });
  put(builder, inward);
  if (seesBoth) return;
  put(builder, {
    ...inward,
    srcAddr: base['dstAddr'],
    srcPort: session.port,
    dstAddr: session.actor,
    dstPort: session.actorPort,
    srcBytes: bytesTo,
    srcPackets: packetsTo,
  });
}

function addLogin(builder: TableBuilder<'logins'>, template: Template, session: Session): void {
  put(builder, {
    ...template.columns,
    timeUs: session.startUs + 1e6,
    actorAddr: session.actor,
    actorPort: session.actorPort,
  });
}

function addQuery(builder: TableBuilder<'queries'>, template: Template, session: Session): void {
  const saysBytes = !Number.isNaN(template.columns['bytesReturned']);
  put(builder, {
    ...template.columns,
    timeUs: session.startUs + 1e6,
    actorAddr: session.actor,
    actorPort: template.columns['actorPort'] === 0 ? 0 : session.actorPort,
    bytesReturned: saysBytes ? session.bytesToActor : Number.NaN,
  });
}

function put<T extends TableName>(builder: TableBuilder<T>, values: Readonly<Record<string, number>>): void {
  const row = builder.row as unknown as Record<string, number>;
  for (const [name, value] of Object.entries(values)) {
    if (name !== 'offset' && name !== 'lineAdjust') row[name] = value;
  }
  builder.commit(builder.total, builder.total + 1);
}

const TRIES = 10_000;

/** A public IPv4 address that no row names, outside own networks and known actors. */
function freshAddress(ground: Ground, dictionaries: Dictionaries, random: Random): number {
  const { parameters } = ground;
  const taken = [
    ...(parameters.ownNetworks ?? []),
    ...(parameters.knownActors ?? []).map((rule) => rule.cidr ?? rule.actor ?? ''),
  ]
    .map(parseCidr)
    .filter((cidr) => cidr !== null);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const word = ((randomInt(random, 1, 223) << 24) | randomInt(random, 1, 0xfffffe)) >>> 0;
    const words = [0, 0, 0xffff, word] as const;
    if (isNobody(...words) || isPrivate(...words)) continue;
    if (taken.some((cidr) => cidrContains(cidr, ...words))) continue;
    const before = dictionaries.addresses.size;
    const id = dictionaries.addresses.intern(...words);
    if (dictionaries.addresses.size > before) return id;
  }
  throw new RangeError('no free address was found');
}
