import { BYTE, decodeUtf8 } from '../base/bytes';
import { CHANGE_KIND, CHANGE_OUTCOME, LOGIN_OUTCOME, QUERY_OUTCOME } from '../tables/schemas';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { splitEndpoint } from './shared/endpoint';
import { isObject, numberAt, textAt, type JsonObject } from './shared/json';
import { firstText, objectAt, objectsAt, portAt, timeOf } from './shared/json-fields';
import { JsonReader } from './shared/json-reader';
import { wantedAt, type Wanted } from './shared/json-wanted';
import { AUDIT_CHANGES, methodOf, verbOfCommand } from './shared/mongo-commands';
import { NOT_JSON, noTime } from './shared/reject-reasons';
import { RowWriter } from './shared/row-writer';
import { parsedTime } from './shared/time';
import { readIsoTime, readSyslogTime } from './shared/time-prefix';

const SERVICE = 'mongodb';
const PORT = 27017;
const MAX_LINE = 1 << 18;
/** Connections whose client is remembered at once; the oldest are forgotten beyond. */
const MAX_CONNECTIONS = 50_000;

const WANTED: Wanted = {
  ...wantedAt('atype', 'msg', 'ctx', 'c', 'users', 'result', 'param'),
  ts: { $date: true },
  t: { $date: true },
  attr: {
    ...wantedAt(
      'remote',
      'client',
      'principalName',
      'user',
      'connectionId',
      'mechanism',
      'speculative',
      'error',
    ),
    ...wantedAt(
      'command',
      'type',
      'ns',
      'planSummary',
      'errName',
      'nreturned',
      'reslen',
      'durationMillis',
      'appName',
    ),
  },
  remote: wantedAt('ip', 'port'),
  local: { ip: true },
};

interface Client {
  readonly address: string;
  readonly port: number;
  user: string;
}

const NOBODY: Client = { address: '', port: 0, user: '' };

/** mongod's and mongos' log: JSON since 4.4, plain before; and the audit log of Enterprise and Percona. */
class MongoParser implements RecordParser {
  readonly objects = new JsonReader(WANTED);
  readonly #sink: RecordSink;
  readonly #rows: RowWriter;
  /** By the name a connection has in other lines: `conn12`. */
  readonly #clients = new Map<string, Client>();

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#rows = new RowWriter(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const stop = Math.min(end, start + MAX_LINE);
    if (start === end) this.#sink.skip('blank');
    else if (bytes[start] === BYTE.openBrace) {
      const record = this.objects.read(bytes, start, end);
      const reason = record ? this.#json(record, offset, line) : NOT_JSON;
      if (reason !== undefined) this.#sink.reject(reason, bytes, start, end, line);
    } else {
      const timeEnd = readPlainTime(bytes, start, stop);
      if (timeEnd === -1) {
        this.#sink.reject(
          'the line begins neither with a JSON object nor with a time, such as 2024-03-10T12:00:00.123+0000',
          bytes,
          start,
          end,
          line,
        );
        return;
      }
      this.#rows.at(parsedTime.us, parsedTime.basis, offset, line);
      this.#plain(decodeUtf8(bytes, timeEnd, stop));
    }
  }

  #json(record: JsonObject, offset: number, line: number): string | undefined {
    const isAudit = record['atype'] !== undefined;
    const stamp = record[isAudit ? 'ts' : 't'];
    const time = timeOf(isObject(stamp) ? stamp['$date'] : stamp);
    if (Number.isNaN(time.us)) return noTime('t.$date or ts.$date', '2024-03-10T12:00:00.123+00:00');
    this.#rows.at(time.us, time.basis, offset, line);
    if (isAudit) this.#audit(record);
    else this.#event(record);
    return undefined;
  }

  #event(record: JsonObject): void {
    const attr = objectAt(record, 'attr');
    const message = textAt(record, 'msg');
    const context = textAt(record, 'ctx');
    const known = this.#clients.get(context) ?? NOBODY;
    const remote = splitEndpoint(firstText(attr, 'remote', 'client'));
    const client = remote.address === '' ? known : { ...remote, user: known.user };
    const user = firstText(attr, 'principalName', 'user') || firstText(objectAt(attr, 'user'), 'user');
    switch (message) {
      case 'Connection accepted':
        this.#remember(`conn${textAt(attr, 'connectionId')}`, { ...remote, user: '' });
        this.#login(client, '', LOGIN_OUTCOME.connect);
        return;
      case 'Connection ended':
        this.#login(client, known.user, LOGIN_OUTCOME.disconnect);
        return;
      case 'Authentication succeeded':
      case 'Successfully authenticated':
        known.user = known === NOBODY ? '' : user;
        this.#login(client, user, LOGIN_OUTCOME.success, textAt(attr, 'mechanism'));
        return;
      case 'Authentication failed':
      case 'Failed to authenticate':
        // A driver tries with its greeting first and, refused, once more in full; that line says the failure.
        if (attr['speculative'] === true) this.#sink.skip('speculative authentication');
        else this.#login(client, user, LOGIN_OUTCOME.failure, textAt(attr, 'mechanism'));
        return;
      case 'Slow query':
        this.#slowQuery(attr, client);
        return;
      case 'Checking authorization failed':
        this.#denied(textAt(attr, 'error') || JSON.stringify(attr['error'] ?? ''), client);
        return;
      default:
        this.#sink.skip(`${textAt(record, 'c').slice(0, 20) || 'log'} line`);
    }
  }

  #slowQuery(attr: JsonObject, client: Client): void {
    const command = objectAt(attr, 'command');
    const name = Object.keys(command)[0] ?? textAt(attr, 'type');
    this.#query(client, {
      command: name === '' && textAt(attr, 'planSummary') !== '' ? 'find' : name,
      object: textAt(attr, 'ns'),
      outcome: textAt(attr, 'errName') === '' ? QUERY_OUTCOME.success : QUERY_OUTCOME.error,
      rows: numberAt(attr, 'nreturned'),
      bytes: numberAt(attr, 'reslen'),
      millis: numberAt(attr, 'durationMillis'),
      agent: textAt(attr, 'appName'),
    });
  }

  #query(
    client: Client,
    query: {
      command: string;
      object: string;
      outcome: number;
      rows: number;
      bytes: number;
      millis: number;
      agent: string;
    },
  ): void {
    this.#rows.query({
      actor: client.address,
      actorPort: client.port,
      principal: client.user,
      service: SERVICE,
      servicePort: PORT,
      verb: verbOfCommand(query.command),
      object: query.object,
      outcome: query.outcome,
      rowsReturned: query.rows,
      bytesReturned: query.bytes,
      durationUs: query.millis * 1000,
      agent: query.agent,
    });
  }

  /** `not authorized on mail to execute command { find: "keys", … }`. */
  #denied(text: string, client: Client): void {
    const match = /not authorized on (\S+) to execute command \{ ?"?(\w+)"?: ?"?([^",}\s]*)/.exec(text);
    const command = match?.[2] ?? '';
    const object = match ? `${match[1] ?? ''}.${match[3] ?? ''}` : text.slice(0, 200);
    this.#query(client, {
      command,
      object,
      outcome: QUERY_OUTCOME.denied,
      rows: Number.NaN,
      bytes: Number.NaN,
      millis: Number.NaN,
      agent: '',
    });
  }

  #login(client: Client, user: string, outcome: number, mechanism = ''): void {
    this.#rows.login({
      actor: client.address,
      actorPort: client.port,
      service: SERVICE,
      user: user.replace(/@[\w-]+$/, ''),
      method: methodOf(mechanism),
      outcome,
    });
  }

  #remember(name: string, client: Client): void {
    const [oldest] = this.#clients.keys();
    if (this.#clients.size >= MAX_CONNECTIONS && oldest !== undefined) this.#clients.delete(oldest);
    this.#clients.set(name, client);
  }

  #audit(record: JsonObject): void {
    const type = textAt(record, 'atype');
    const remote = objectAt(record, 'remote');
    const local = objectAt(record, 'local');
    const param = objectAt(record, 'param');
    const [first] = objectsAt(record, 'users');
    const user = (first && textAt(first, 'user')) || textAt(param, 'user');
    const isFine = (numberAt(record, 'result') || 0) === 0;
    const client = { address: textAt(remote, 'ip'), port: portAt(remote, 'port'), user };
    if (type === 'authenticate') {
      this.#login(
        client,
        textAt(param, 'user') || user,
        isFine ? LOGIN_OUTCOME.success : LOGIN_OUTCOME.failure,
        textAt(param, 'mechanism'),
      );
    } else if (type === 'authCheck') {
      this.#query(client, {
        command: textAt(param, 'command'),
        object: textAt(param, 'ns'),
        outcome: isFine ? QUERY_OUTCOME.success : QUERY_OUTCOME.denied,
        rows: Number.NaN,
        bytes: Number.NaN,
        millis: Number.NaN,
        agent: '',
      });
    } else if (/^(?:logout|clientMetadata|startup|replSetReconfig)$/.test(type))
      this.#sink.skip(`${type} record`);
    else {
      this.#rows.change({
        actor: client.address,
        principal: user,
        kind: AUDIT_CHANGES[type] ?? CHANGE_KIND.other,
        target: firstText(param, 'user', 'role', 'ns', 'db'),
        host: textAt(local, 'ip'),
        outcome: isFine ? CHANGE_OUTCOME.success : CHANGE_OUTCOME.failure,
        detail: `${type} ${JSON.stringify({ ...param, pwd: undefined }).slice(0, 300)}`,
      });
    }
  }

  /** ` I NETWORK  [thread1] connection accepted from 203.0.113.7:55404 #10 (…)`; before 3.0 without severity and component. */
  #plain(rest: string): void {
    const match = /^ (?:([DIWEF])\d? (\S+)\s+)?\[([^\]]*)\] ([^]*)$/.exec(rest);
    const [, , component = 'log', context = '', message = ''] = match ?? [];
    const client = this.#clients.get(context) ?? NOBODY;
    const accepted = /^connection accepted from (\S+) #(\d+)/.exec(message);
    const ended = /^end connection (\S+)/.exec(message);
    const success = /^Successfully authenticated as principal (\S+) on \S+(?: from client (\S+))?/i.exec(
      message,
    );
    const failure = /^(\S+) authentication failed for (\S+) on \S+ from client ([^\s;]+)/.exec(message);
    const [tried, outcome] = earlierAuthentication(message);
    if (accepted) {
      const remote = { ...splitEndpoint(accepted[1] ?? ''), user: '' };
      this.#remember(`conn${accepted[2] ?? ''}`, remote);
      this.#login(remote, '', LOGIN_OUTCOME.connect);
    } else if (ended)
      this.#login({ ...splitEndpoint(ended[1] ?? ''), user: '' }, client.user, LOGIN_OUTCOME.disconnect);
    else if (success) {
      if (client !== NOBODY) client.user = success[1] ?? '';
      const remote = success[2] === undefined ? client : { ...splitEndpoint(success[2]), user: '' };
      this.#login(remote, success[1] ?? '', LOGIN_OUTCOME.success);
    } else if (failure) {
      this.#login(
        { ...splitEndpoint(failure[3] ?? ''), user: '' },
        failure[2] ?? '',
        LOGIN_OUTCOME.failure,
        failure[1],
      );
    } else if (tried) this.#login(client, tried[1] ?? '', outcome, tried[2]);
    else if (/not authorized on \S+ to execute/.test(message))
      this.#denied(message.replaceAll('"', ''), client);
    else if (!this.#plainQuery(message, client)) this.#sink.skip(`${component.slice(0, 20)} line`);
  }

  /** `command mail.keys command: find { … } … nreturned:101 reslen:14000 … 120ms`, or `query mail.keys query: { … } …`. */
  #plainQuery(message: string, client: Client): boolean {
    const match =
      /^(command|query|getmore|insert|update|remove|write) (\S+\.\S*)(?: appName: "([^"]*)")?(?: (?:command|query): (\w*))?[^]*? (\d+)ms$/.exec(
        message,
      );
    if (!match) return false;
    const number = (name: string): number =>
      Number(new RegExp(` ${name}:(\\d+)`).exec(message)?.[1] ?? Number.NaN);
    this.#query(client, {
      command: match[1] === 'command' || match[1] === 'write' ? (match[4] ?? '') : (match[1] ?? ''),
      object: match[2] ?? '',
      outcome: QUERY_OUTCOME.success,
      rows: number('nreturned'),
      bytes: number('reslen'),
      millis: Number(match[5]),
      agent: match[3] ?? '',
    });
    return true;
  }
}

/** ISO 8601, or before 2.6 `Thu May  5 10:20:30.123`, which has no year. The index after it, or −1. */
function readPlainTime(bytes: Uint8Array, start: number, end: number): number {
  const timeEnd = readIsoTime(bytes, start, end);
  return timeEnd === -1 && bytes[start + 3] === BYTE.space ? readSyslogTime(bytes, start + 4, end) : timeEnd;
}

/**
 * Who tried to authenticate, and how it ended, in the words of 2.4 and 2.6 (commands' and authentication's sources of those branches); the
 * mechanism where it is named. 2.4 writes the attempt before it is checked and then only what went wrong.
 */
function earlierAuthentication(message: string): [RegExpExecArray | null, number] {
  const failed =
    /^Failed to authenticate (\S+) with mechanism ([\w-]+)/.exec(message) ??
    /^auth: (?:couldn't find user|key mismatch) ([^\s,]+)/.exec(message);
  if (failed) return [failed, LOGIN_OUTCOME.failure];
  return [
    /^ ?authenticate db: \S+ \{ authenticate: [^]*?\buser: "([^"]*)"/.exec(message),
    LOGIN_OUTCOME.unknown,
  ];
}

const JSON_LINE = /^\{\s*"t"\s*:\s*\{\s*"\$date"|^\{\s*"atype"\s*:/;
const PLAIN_LINE =
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:[+-]\d{4}|Z) (?:[DIWEF]\d? [A-Z_]+ +)\[[^\]]+\] /;
/** Before 3.0 lines name neither severity nor component: only threads that are mongod's own tell them. */
const EARLIER_LINE =
  /^(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:[+-]\d{4}|Z)|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{3})?) \[(?:conn\d+|initandlisten|mongosMain|rsStart|rsSync|rsMgr|rsHealthPoll|TTLMonitor|clientcursormon|signalProcessingThread|PeriodicTask\w*|websvr)\] /;

function sniffMongo(head: Head): number {
  const lines = head.lines.filter((line) => line !== '').slice(0, 50);
  const fit = lines.filter((line) =>
    [JSON_LINE, PLAIN_LINE, EARLIER_LINE].some((pattern) => pattern.test(line)),
  );
  return lines.length === 0 || fit.length === 0 ? 0 : 0.4 + 0.57 * (fit.length / lines.length);
}

export const mongodb: Format = {
  id: 'mongodb',
  label: 'MongoDB log or audit log',
  framing: 'lines',
  // Only the line that begins a connection names its client.
  splittable: false,
  tables: ['queries', 'logins', 'changes'],
  sniff: sniffMongo,
  parser: (context) => new MongoParser(context),
};
