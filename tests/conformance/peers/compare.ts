import { parseAddress, formatAddress } from '../../../src/lib/base/addresses';
import { TIME_BASIS } from '../../../src/lib/base/time';
import {
  CHANGE_OUTCOME,
  LOGIN_OUTCOME,
  QUERY_OUTCOME,
  QUERY_VERB,
  UNKNOWN_PACKETS,
  VERDICT,
} from '../../../src/lib/tables/schemas';
import type { OurRow } from './ours';
import type { PeerField, PeerFields } from './record';

export interface Comparison {
  readonly field: PeerField;
  readonly agrees: boolean;
  readonly ours: string;
  readonly theirs: string;
}

/** Columns that hold a field, by table. A table without one cannot say it, and is not asked. */
const COLUMNS: Readonly<Partial<Record<PeerField, Readonly<Record<string, readonly string[]>>>>> = {
  source: {
    flows: ['srcAddr'],
    logins: ['actorAddr', 'actorName'],
    queries: ['actorAddr'],
    changes: ['actorAddr'],
  },
  sourcePort: { flows: ['srcPort'], logins: ['actorPort'], queries: ['actorPort'] },
  destination: { flows: ['dstAddr'] },
  destinationPort: { flows: ['dstPort'], queries: ['servicePort'] },
  protocol: { flows: ['protocol'] },
  host: { logins: ['host'], queries: ['host'], changes: ['host'] },
  user: { logins: ['user', 'became'], queries: ['principal'], changes: ['principal', 'target'] },
  bytes: { flows: ['srcBytes'] },
  bytesBack: { flows: ['dstBytes'], queries: ['bytesReturned'] },
  packets: { flows: ['srcPackets'] },
  packetsBack: { flows: ['dstPackets'] },
  status: { queries: ['status'] },
  became: { logins: ['became'] },
  object: { queries: ['object'] },
  agent: { queries: ['agent'] },
  durationUs: { queries: ['durationUs'] },
  rows: { queries: ['rowsReturned'] },
};

const TIMES: Readonly<Partial<Record<PeerField, Readonly<Record<string, readonly string[]>>>>> = {
  time: { flows: ['startUs', 'endUs'], logins: ['timeUs'], queries: ['timeUs'], changes: ['timeUs'] },
  start: { flows: ['startUs'] },
  end: { flows: ['endUs'] },
};

/** What HTTP's methods ask for (RFC 9110, 9.3; WebDAV's by RFC 4918). */
const VERBS: Readonly<Record<string, readonly number[]>> = {
  GET: [QUERY_VERB.read, QUERY_VERB.list],
  HEAD: [QUERY_VERB.list, QUERY_VERB.read],
  OPTIONS: [QUERY_VERB.list],
  POST: [QUERY_VERB.write, QUERY_VERB.read, QUERY_VERB.auth, QUERY_VERB.list, QUERY_VERB.admin],
  PUT: [QUERY_VERB.write],
  PATCH: [QUERY_VERB.write],
  DELETE: [QUERY_VERB.delete],
};

const OUTCOMES: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  flows: { [VERDICT.accept]: 'success', [VERDICT.reject]: 'failure' },
  logins: {
    [LOGIN_OUTCOME.success]: 'success',
    [LOGIN_OUTCOME.privilege]: 'success',
    [LOGIN_OUTCOME.sessionOpened]: 'success',
    [LOGIN_OUTCOME.failure]: 'failure',
    [LOGIN_OUTCOME.invalidUser]: 'failure',
    [LOGIN_OUTCOME.maxAttempts]: 'failure',
  },
  queries: {
    [QUERY_OUTCOME.success]: 'success',
    [QUERY_OUTCOME.denied]: 'failure',
    [QUERY_OUTCOME.error]: 'failure',
  },
  changes: { [CHANGE_OUTCOME.success]: 'success', [CHANGE_OUTCOME.failure]: 'failure' },
};

const words = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

function addressText(text: string): string {
  const parsed = parseAddress(text.replace(/%\w+$/, ''));
  return parsed ? formatAddress(...parsed) : text;
}

/** Microseconds of a peer's time in the clock of our row: without its zone where the log names none, without its year where it has none. */
function clock(us: number, basis: number, zone: string | undefined): number {
  const offset = /^([+-])(\d\d):?(\d\d)$/.exec(zone ?? '');
  const shift = offset
    ? (offset[1] === '-' ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3])) * 60e6
    : 0;
  const local = basis === TIME_BASIS.absolute ? us : us + shift;
  if (basis !== TIME_BASIS.yearless) return local;
  const date = new Date(local / 1000);
  date.setUTCFullYear(2000);
  return date.getTime() * 1000 + (local % 1000);
}

function compareTime(
  field: PeerField,
  theirs: string,
  fields: PeerFields,
  rows: readonly OurRow[],
): Comparison | undefined {
  const values = rows.flatMap(({ table, row }) =>
    (TIMES[field]?.[table] ?? []).map((column) => ({
      us: row[column] as number,
      basis: row['timeBasis'] as number,
    })),
  );
  if (values.length === 0) return undefined;
  // Peers keep milliseconds.
  const agrees = values.some(
    ({ us, basis }) =>
      Math.floor(us / 1000) === Math.floor(clock(Date.parse(theirs) * 1000, basis, fields.zone) / 1000),
  );
  const ours = values.map(({ us }) => new Date(us / 1000).toISOString()).join(' or ');
  return { field, agrees, ours, theirs };
}

const SHOWN_CHARS = 990;

/** Whether one of our values says what the peer says. */
function isSame(field: PeerField, ours: number | string, theirs: number | string): boolean {
  if (field === 'source' || field === 'destination')
    return addressText(String(ours)) === addressText(String(theirs));
  if (field === 'durationUs')
    // Peers that keep milliseconds cut what is below.
    return (
      Math.abs(Number(ours) - Number(theirs)) < 1 || Math.floor(Number(ours) / 1000) * 1000 === Number(theirs)
    );
  if (field === 'object' || field === 'agent') {
    const [our, their] = [ours, theirs].map((text) => String(text).replace(/\s+/g, ' ').trim());
    // A statement is kept as far as a person reads it.
    if (our!.length >= SHOWN_CHARS && their!.startsWith(our!)) return true;
    return our === their || (field === 'object' && our === their?.replace(/^\w+:\/\/[^/]*/, ''));
  }
  return Object.is(ours, theirs);
}

function compareValue(
  field: PeerField,
  theirs: number | string,
  rows: readonly OurRow[],
): Comparison | undefined {
  const values = rows.flatMap(({ table, row }) =>
    (COLUMNS[field]?.[table] ?? []).map((column) => row[column] as number | string),
  );
  if (values.length === 0) return undefined;
  const known = values.filter((value) => value !== '' && value !== UNKNOWN_PACKETS);
  return {
    field,
    agrees: values.some((value) => isSame(field, value, theirs)),
    ours: [...new Set(known.map(words))].join(' or '),
    theirs: words(theirs),
  };
}

function compareVerb(method: string, rows: readonly OurRow[]): Comparison | undefined {
  const verbs = rows.flatMap(({ table, row }) => (table === 'queries' ? [row['verb'] as number] : []));
  const expected = VERBS[method.toUpperCase()];
  if (verbs.length === 0 || !expected) return undefined;
  return {
    field: 'method',
    agrees: verbs.some((verb) => expected.includes(verb)),
    ours: `verb ${verbs.join(' or ')}`,
    theirs: method,
  };
}

function compareOutcome(theirs: string, rows: readonly OurRow[]): Comparison {
  const ours = rows.map(({ table, row }) => {
    const value = row[table === 'flows' ? 'verdict' : 'outcome'] as number;
    return OUTCOMES[table]?.[value] ?? 'unknown';
  });
  return { field: 'outcome', agrees: ours.includes(theirs), ours: [...new Set(ours)].join(' or '), theirs };
}

/** Our words for a change begin with, or hold, the event's own name. */
function compareAction(theirs: string, rows: readonly OurRow[]): Comparison | undefined {
  const details = rows.flatMap(({ table, row }) => (table === 'changes' ? [String(row['detail'])] : []));
  if (details.length === 0) return undefined;
  const agrees = details.some((detail) => detail.toLowerCase().includes(theirs.toLowerCase()));
  return { field: 'action', agrees, ours: details[0]!.slice(0, 100), theirs };
}

/** Each field that the peer speaks of and that our rows of the record have a place for. */
export function compareRecord(fields: PeerFields, rows: readonly OurRow[]): Comparison[] {
  const found: (Comparison | undefined)[] = [];
  for (const [name, theirs] of Object.entries(fields) as [keyof PeerFields, string | number | undefined][]) {
    if (theirs === undefined || name === 'zone') continue;
    // The time of a flow's record says when it was written; its start and end are what a row holds.
    if (name === 'time' && fields.start !== undefined) continue;
    if (name === 'time' || name === 'start' || name === 'end')
      found.push(compareTime(name, String(theirs), fields, rows));
    else if (name === 'outcome') found.push(compareOutcome(String(theirs), rows));
    else if (name === 'action') found.push(compareAction(String(theirs), rows));
    else if (name === 'method') found.push(compareVerb(String(theirs), rows));
    else found.push(compareValue(name, theirs, rows));
  }
  return found.filter((comparison) => comparison !== undefined);
}
