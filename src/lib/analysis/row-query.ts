import { argsort } from '../base/sorting';
import { SCHEMAS, type TableName } from '../tables/schemas';
import { rowIdOf, type Segment } from '../tables/segment';
import { portsOfProgram } from './log-places';
import { actorsOfBecoming, actorsOfChanges, type ChangeActor } from './account-sessions';
import type { ActorIndex, AssetIndex } from './context';
import type { Evidence, RowQuery } from './evidence';
import { assetNamed } from './exposure';
import type { Thresholds } from './parameters';

/** What a query needs beside the rows: who and what the texts in it stand for. */
export interface QueryContext {
  readonly assets: AssetIndex;
  readonly actors: ActorIndex;
  readonly thresholds: Thresholds;
}

type Columns = Readonly<Record<string, ArrayLike<number>>>;
type Test = (segment: Segment, columns: Columns) => (index: number) => boolean;

/**
 * RowIds that meet all conditions, in the order of time. One pass over the table's columns, cheapest tests first; texts become sets of
 * dictionary ids before the pass, so that no row is ever turned into text.
 */
export function selectRows(evidence: Evidence, context: QueryContext, query: RowQuery): Uint32Array {
  const table = evidence.tables[query.table];
  const timeName = query.table === 'flows' ? 'startUs' : 'timeUs';
  const tests = testsOf(evidence, context, query, timeName);
  const wanted = query.rows ? new Set(query.rows) : undefined;
  const isAll = tests.length === 0 && !wanted;
  let rows = new Uint32Array(isAll ? table.rowCount : 1024);
  let times = new Float64Array(rows.length);
  let count = 0;
  let isOrdered = true;
  let lastUs = -Infinity;
  (table.segments as readonly Segment[]).forEach((segment, s) => {
    if (query.source !== undefined && segment.source !== query.source) return;
    const columns = segment.columns as unknown as Columns;
    const checks = tests.map((test) => test(segment, columns));
    // Once a segment: where it rests in storage, asking for a column costs more than looking at a row.
    const starts = columns[timeName];
    for (let i = 0; i < segment.length; i++) {
      if (!isAll) {
        if (wanted && !wanted.has(rowIdOf(s, i))) continue;
        if (!checks.every((check) => check(i))) continue;
        if (count === rows.length) {
          rows = larger(rows, new Uint32Array(count * 2));
          times = larger(times, new Float64Array(count * 2));
        }
      }
      const us = starts[i];
      // Anything but a later time, NaN too, leaves the order to be found.
      if (!(us >= lastUs)) isOrdered = false;
      lastUs = us;
      times[count] = us;
      rows[count++] = rowIdOf(s, i);
    }
  });
  if (isOrdered) return rows.slice(0, count);
  const order = argsort(times, count);
  const sorted = new Uint32Array(count);
  for (let k = 0; k < count; k++) sorted[k] = rows[order[k]];
  return sorted;
}

function larger<T extends Uint32Array | Float64Array>(from: T, into: T): T {
  into.set(from);
  return into;
}

function testsOf(evidence: Evidence, context: QueryContext, query: RowQuery, timeName: string): Test[] {
  const tests: Test[] = [];
  const { fromUs, toUs } = query;
  if (fromUs !== undefined || toUs !== undefined) tests.push(timeTest(query, timeName));
  for (const [name, values] of Object.entries(query.where ?? {})) {
    const accepted = new Set(values);
    tests.push((_, columns) => {
      const column = columns[name];
      return column === undefined ? () => false : (i) => accepted.has(column[i]);
    });
  }
  if (query.port !== undefined) tests.push(portTest(evidence, context, query.table, query.port));
  if (query.user !== undefined) tests.push(userTest(evidence, query.table, query.user));
  const actors = [...(query.actor === undefined ? [] : [query.actor]), ...(query.actors ?? [])];
  if (query.actor !== undefined || query.actors !== undefined)
    tests.push(actorTest(evidence, context, query.table, actors));
  if (query.asset !== undefined) tests.push(assetTest(context.assets, query.table, [query.asset]));
  if (query.assets !== undefined) tests.push(assetTest(context.assets, query.table, query.assets));
  if (query.text !== undefined && query.text !== '') tests.push(textTest(evidence, query.table, query.text));
  return tests;
}

/** A flow counts when its stretch touches the window, since a session's rows begin before its last packet. */
function timeTest({ fromUs = -Infinity, toUs = Infinity }: RowQuery, timeName: string): Test {
  return (_, columns) => {
    const start = columns[timeName];
    return (i) => start[i] >= fromUs && start[i] < toUs;
  };
}

function portTest(evidence: Evidence, context: QueryContext, table: TableName, port: number): Test {
  if (table === 'flows') {
    return (_, { srcPort, dstPort, srcAddr, dstAddr }) => {
      const own = context.assets.byAddress;
      return (i) =>
        (dstPort[i] === port && own[dstAddr[i]] !== 0) || (srcPort[i] === port && own[srcAddr[i]] !== 0);
    };
  }
  if (table === 'changes')
    return (_, { portFrom, portTo }) =>
      (i) =>
        portFrom[i] <= port && port <= portTo[i];
  // Logs without a port name the program; it stands for the ports that it is known by.
  const programs = new Map<number, boolean>();
  const isByName = (program: number): boolean => {
    let fits = programs.get(program);
    if (fits === undefined) {
      fits = portsOfProgram(evidence.dictionaries.strings.text(program)).includes(port);
      programs.set(program, fits);
    }
    return fits;
  };
  return (_, { service, servicePort }) =>
    (i) => {
      const said = servicePort === undefined ? 0 : servicePort[i];
      return said !== 0 ? said === port : isByName(service[i]);
    };
}

function userTest(evidence: Evidence, table: TableName, user: string): Test {
  const id = evidence.dictionaries.strings.find(user);
  if (table === 'logins')
    return (_, { user: users, became }) =>
      (i) =>
        users[i] === id || became[i] === id;
  return (_, { principal }) => (principal === undefined ? () => false : (i) => principal[i] === id);
}

function actorTest(
  evidence: Evidence,
  { actors, assets, thresholds }: QueryContext,
  table: TableName,
  texts: readonly string[],
): Test {
  const wantedIds = new Set<number>();
  const wantedTexts = new Set(texts);
  actors.texts.forEach((text, actor) => {
    if (wantedTexts.has(text)) wantedIds.add(actor + 1);
  });
  const byAddress = maskOf(actors.byAddress, wantedIds);
  const byString = maskOf(actors.byPrincipal, wantedIds);
  if (table === 'flows') {
    return (_, { srcAddr, dstAddr }) =>
      (i) =>
        byAddress[srcAddr[i]] === 1 || byAddress[dstAddr[i]] === 1;
  }
  const principalName = table === 'logins' ? 'user' : 'principal';
  const isNamed = (columns: Columns): ((index: number) => boolean) => {
    const address = columns['actorAddr'];
    const principal = columns[principalName];
    const remote = columns['actorName'];
    return (i) =>
      byAddress[address[i]] === 1 ||
      byString[principal[i]] === 1 ||
      (remote !== undefined && byString[remote[i]] === 1);
  };
  if (table === 'queries') return (_, columns) => isNamed(columns);
  // What a machine's own log tells of an account belongs to whom alone that account was in from.
  const behind = table === 'changes' ? actorsOfChanges : actorsOfBecoming;
  const actorOf = behind(evidence, assets, actors, thresholds) as (
    segment: Segment,
    index: number,
  ) => ChangeActor;
  return (segment, columns) => {
    const names = isNamed(columns);
    return (i) => names(i) || wantedIds.has(actorOf(segment, i).actor + 1);
  };
}

function maskOf(index: Uint32Array, wanted: ReadonlySet<number>): Uint8Array {
  const mask = new Uint8Array(index.length);
  for (let id = 1; id < index.length; id++) if (index[id] !== 0 && wanted.has(index[id])) mask[id] = 1;
  return mask;
}

function assetTest(assets: AssetIndex, table: TableName, texts: readonly string[]): Test {
  const wanted = new Set(texts.map((text) => assetNamed(text, assets) + 1));
  wanted.delete(0);
  const byAddress = maskOf(assets.byAddress, wanted);
  const byString = maskOf(assets.byString, wanted);
  if (table === 'flows') {
    return (_, { srcAddr, dstAddr }) =>
      (i) =>
        byAddress[srcAddr[i]] === 1 || byAddress[dstAddr[i]] === 1;
  }
  return (segment, { host }) => {
    const isBySource = wanted.has(assets.bySource?.[segment.source] ?? 0);
    return (i) => (host[i] === 0 ? isBySource : byString[host[i]] === 1);
  };
}

function textTest(evidence: Evidence, table: TableName, text: string): Test {
  const needle = text.toLowerCase();
  const { strings, addresses } = evidence.dictionaries;
  const stringHits = new Uint8Array(strings.size);
  for (let id = 1; id < strings.size; id++)
    if (strings.text(id).toLowerCase().includes(needle)) stringHits[id] = 1;
  const addressHits = new Uint8Array(addresses.size);
  for (let id = 1; id < addresses.size; id++) if (addresses.text(id).includes(needle)) addressHits[id] = 1;
  const names = Object.entries(SCHEMAS[table]).flatMap(([name, spec]) =>
    spec.dictionary === undefined
      ? []
      : [[name, spec.dictionary === 'string' ? stringHits : addressHits] as const],
  );
  return (_, columns) => {
    const held = names.map(([name, hits]) => [columns[name], hits] as const);
    return (i) => held.some(([column, hits]) => hits[column[i]] === 1);
  };
}
