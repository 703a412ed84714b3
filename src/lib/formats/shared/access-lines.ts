import { BYTE, decodeUtf8, indexOfByte, parseDecimal } from '../../base/bytes';
import type { TableBuilder } from '../../tables/builders';
import type { RecordSink } from '../format';
import { outcomeOfStatus, readRequest, request } from './http';
import { AddressCache, StringCache } from './interning';
import { portOf } from './json';
import { MAX_FIELD_BYTES } from './line-event';
import { LongTextCache } from './long-text-cache';
import { parsedTime } from './time';
import { readClfTime } from './time-prefix';
import { clientName, readWebClient } from './web-client';

/** One line's parts: positions in the bytes, and ids of what stood before the time. */
interface Line {
  requestStart: number;
  requestEnd: number;
  /** After the request's closing quote. */
  tail: number;
  client: number;
  host: number;
  port: number;
  user: number;
  hasStatus: boolean;
}

const FORWARDED =
  'Some lines name several client addresses (forwarded for): the first public one is taken, which a client can forge.';
export const NO_TIME =
  'there is no time in brackets as web servers write it, such as [10/Mar/2024:12:00:00 +0000]';
const NO_REQUEST = 'there is no request in quotes after the time, such as "GET / HTTP/1.1"';
const NO_STATUS = 'the status after the request is not a number';

/**
 * Lines of web servers' access logs to query rows: common and combined log format with a virtual host in front, a request time or more behind, and mod_ssl's request log.
 */
export class AccessLines {
  readonly #sink: RecordSink;
  readonly #queries: TableBuilder<'queries'>;
  readonly #addresses: AddressCache;
  readonly #strings: StringCache;
  readonly #agents: LongTextCache;
  readonly #paths: LongTextCache;
  readonly #service: number;
  readonly #line: Line = {
    requestStart: 0,
    requestEnd: 0,
    tail: 0,
    client: 0,
    host: 0,
    port: 0,
    user: 0,
    hasStatus: true,
  };

  constructor(sink: RecordSink) {
    this.#sink = sink;
    this.#queries = sink.queries;
    this.#addresses = new AddressCache(sink.dictionaries.addresses);
    this.#strings = new StringCache(sink.dictionaries.strings);
    this.#agents = new LongTextCache(sink.dictionaries.strings);
    this.#paths = new LongTextCache(sink.dictionaries.strings);
    this.#service = sink.dictionaries.strings.intern('http');
  }

  /** Reads one line without its end. Undefined when it gave a row, else why it cannot be read. `host` is the machine, where the line itself names none. */
  read(
    bytes: Uint8Array,
    start: number,
    end: number,
    offset: number,
    line: number,
    host = 0,
  ): string | undefined {
    const reason = this.#locate(bytes, start, end);
    if (reason !== undefined) return reason;
    if (this.#line.host === 0) this.#line.host = host;
    return this.#write(bytes, end, offset, line);
  }

  /** Finds time and request, and what stands before them. The reason why not, if it can't. */
  #locate(bytes: Uint8Array, start: number, end: number): string | undefined {
    let open = indexOfByte(bytes, BYTE.openBracket, start, end);
    let reason = NO_TIME;
    while (open !== -1) {
      const timeEnd = readClfTime(bytes, open + 1, end);
      if (timeEnd !== -1 && timeEnd < end && bytes[timeEnd] === BYTE.closeBracket) {
        // A user name before it may show a time in brackets, but no server writes an unescaped quote of a client's.
        if (bytes[timeEnd + 1] === BYTE.space && bytes[timeEnd + 2] === BYTE.quote)
          return this.#split(bytes, start, open, timeEnd + 3, end);
        if (open === start) return this.#splitSsl(bytes, timeEnd + 2, end);
        reason = NO_REQUEST;
      }
      open = indexOfByte(bytes, BYTE.openBracket, open + 1, end);
    }
    return reason;
  }

  /** `[vhost ]client ident user [time] "request"…`. */
  #split(bytes: Uint8Array, start: number, open: number, quoted: number, end: number): string | undefined {
    const line = this.#line;
    line.requestStart = quoted;
    line.requestEnd = endOfRequest(bytes, quoted, end);
    if (line.requestEnd === -1) return NO_REQUEST;
    line.tail = line.requestEnd + 1;
    line.hasStatus = true;
    this.#origin(bytes, start, open);
    return undefined;
  }

  /** `[vhost ]client ident user ` in [start, open). Nearly every line has an address and an identity of `-`; the rest is read as text. */
  #origin(bytes: Uint8Array, start: number, open: number): void {
    const line = this.#line;
    let at = start;
    let tokenEnd = endOfToken(bytes, at, open);
    line.client = this.#addresses.intern(bytes, at, tokenEnd);
    line.host = line.port = 0;
    // A comma parts clients that a request was forwarded for, of which the first may be the one to take.
    if (line.client === 0 && bytes[tokenEnd - 1] !== BYTE.comma) {
      at = tokenEnd + 1;
      const hostEnd = tokenEnd;
      tokenEnd = endOfToken(bytes, at, open);
      line.client = this.#addresses.intern(bytes, at, tokenEnd);
      if (line.client !== 0) this.#host(bytes, start, hostEnd);
    }
    const isPlain =
      line.client !== 0 && bytes[tokenEnd + 1] === BYTE.dash && bytes[tokenEnd + 2] === BYTE.space;
    if (isPlain || tokenEnd >= open - 1) {
      const userStart = Math.min(tokenEnd + 3, open);
      line.user = this.#text(bytes, userStart, Math.max(userStart, open - 1));
      return;
    }
    const { strings, addresses } = this.#sink.dictionaries;
    const origin = readWebClient(decodeUtf8(bytes, start, Math.min(open, start + MAX_FIELD_BYTES)));
    const port = /:(\d{1,5})$/.exec(origin.host);
    line.client = addresses.internText(origin.client);
    line.host =
      origin.host === '' ? 0 : strings.intern(port ? origin.host.slice(0, port.index) : origin.host);
    line.port = portOf(port?.[1]);
    const user = origin.user === '' || origin.user === '-' ? clientName(origin) : origin.user;
    line.user = user === '' ? 0 : strings.intern(user);
    if (origin.isForwarded) this.#sink.note(FORWARDED);
  }

  /** mod_ssl's ssl_request_log: `[time] client protocol cipher "request" bytes`. */
  #splitSsl(bytes: Uint8Array, at: number, end: number): string | undefined {
    const line = this.#line;
    const quote = indexOfByte(bytes, BYTE.quote, at, end);
    if (quote === -1) return NO_REQUEST;
    line.requestStart = quote + 1;
    line.requestEnd = closingQuote(bytes, quote + 1, end);
    if (line.requestEnd === -1) return NO_REQUEST;
    line.tail = line.requestEnd + 1;
    line.hasStatus = false;
    line.client = this.#addresses.intern(bytes, at, endOfToken(bytes, at, quote));
    line.host = line.port = line.user = 0;
    return undefined;
  }

  #write(bytes: Uint8Array, end: number, offset: number, lineNumber: number): string | undefined {
    const line = this.#line;
    let at = line.tail + 1;
    let status = 0;
    if (line.hasStatus) {
      const statusEnd = endOfToken(bytes, at, end);
      status = parseDecimal(bytes, at, statusEnd);
      if (Number.isNaN(status) && !(statusEnd === at + 1 && bytes[at] === BYTE.dash)) return NO_STATUS;
      if (Number.isNaN(status) || status > 999) status = 0;
      at = statusEnd + 1;
    }
    const bytesEnd = endOfToken(bytes, at, end);
    // Apache's %b writes `-` for no bytes; a missing field stays unknown.
    const isNone = bytesEnd === at + 1 && bytes[at] === BYTE.dash;
    const returned = isNone ? 0 : parseDecimal(bytes, at, bytesEnd);
    const i = this.#queries.open(offset, lineNumber);
    const columns = this.#queries.columns;
    columns.timeUs[i] = parsedTime.us;
    columns.timeBasis[i] = parsedTime.basis;
    columns.status[i] = status;
    columns.outcome[i] = outcomeOfStatus(status);
    columns.bytesReturned[i] = returned;
    columns.rowsReturned[i] = Number.NaN;
    columns.service[i] = this.#service;
    columns.actorPort[i] = 0;
    columns.actorAddr[i] = line.client;
    columns.principal[i] = line.user;
    columns.host[i] = line.host;
    columns.servicePort[i] = line.port;
    readRequest(bytes, line.requestStart, line.requestEnd);
    columns.verb[i] = request.verb;
    columns.object[i] = this.#path(bytes, request.pathStart, request.pathEnd);
    this.#tail(bytes, bytesEnd, end, i);
    this.#queries.commitDirect(offset, lineNumber);
    return undefined;
  }

  /** The virtual host in front, with its port. */
  #host(bytes: Uint8Array, start: number, end: number): void {
    const { nameEnd, port } = splitHost(bytes, start, end);
    this.#line.host = this.#text(bytes, start, nameEnd);
    this.#line.port = port;
  }

  /** `"referer" "agent"` and what a longer format puts after them: a number with a dot is nginx' $request_time, in seconds. */
  #tail(bytes: Uint8Array, at: number, end: number, i: number): void {
    const columns = this.#queries.columns;
    columns.agent[i] = 0;
    columns.durationUs[i] = Number.NaN;
    let next = at + 1;
    for (let quoted = 0; quoted < 2; quoted++) {
      if (bytes[next] !== BYTE.quote || next >= end) break;
      const close = closingQuote(bytes, next + 1, end);
      if (close === -1) return;
      const isDash = close === next + 2 && bytes[next + 1] === BYTE.dash;
      if (quoted === 1 && !isDash) columns.agent[i] = this.#agent(bytes, next + 1, close);
      next = close + 2;
    }
    columns.durationUs[i] = requestDuration(bytes, next, end);
  }

  #agent(bytes: Uint8Array, start: number, end: number): number {
    return this.#agents.intern(bytes, start, Math.min(end, start + MAX_FIELD_BYTES));
  }

  #path(bytes: Uint8Array, start: number, end: number): number {
    if (end === start + 1 && bytes[start] === BYTE.dash) return 0;
    return this.#paths.intern(bytes, start, Math.min(end, start + MAX_FIELD_BYTES));
  }

  /** Id of a short text; `-` is none. */
  #text(bytes: Uint8Array, start: number, end: number): number {
    if (end - start <= 1 && (end === start || bytes[start] === BYTE.dash)) return 0;
    return this.#strings.intern(bytes, start, Math.min(end, start + MAX_FIELD_BYTES));
  }
}

/** Where the name of a virtual host in [start, end) ends, and the port behind its colon; 0 where there is none. */
export function splitHost(bytes: Uint8Array, start: number, end: number): { nameEnd: number; port: number } {
  const colon = indexOfByte(bytes, BYTE.colon, start, end);
  const port = colon === -1 ? Number.NaN : parseDecimal(bytes, colon + 1, end);
  return port <= 65535 ? { nameEnd: colon, port } : { nameEnd: end, port: 0 };
}

/** How long a request took (µs) by the first tokens of [start, end), which stand behind the agent, or by the last; NaN when they do not say. */
export function requestDuration(bytes: Uint8Array, start: number, end: number): number {
  const isMillis = bytes[end - 1] === 0x73 && bytes[end - 2] === 0x6d;
  if (isMillis && end - start > 2) return traefikDuration(bytes, start, end - 2);
  let at = start;
  for (let tokens = 0; tokens < 3 && at < end; tokens++) {
    const tokenEnd = endOfToken(bytes, at, end);
    const seconds = decimalSeconds(bytes, at, tokenEnd);
    if (!Number.isNaN(seconds)) return Math.round(seconds * 1e6);
    at = tokenEnd + 1;
  }
  return Number.NaN;
}

/** Traefik's lines end with the number of requests so far, router, server and `5ms` ("Logs & Access Logs", doc.traefik.io). */
function traefikDuration(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && bytes[at - 1] !== BYTE.space) at -= 1;
  return parseDecimal(bytes, at, end) * 1000;
}

function endOfToken(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && bytes[i] !== BYTE.space) i += 1;
  return i;
}

/** Index of the quote that ends the text starting at `at`; backslash escapes. −1 when the line ends first. */
function closingQuote(bytes: Uint8Array, at: number, end: number): number {
  for (let i = at; i < end; i++) {
    const byte = bytes[i];
    if (byte === BYTE.quote) return i;
    if (byte === BYTE.backslash) i += 1;
  }
  return -1;
}

/**
 * Index of the quote that ends the request starting at `at`: some servers do not escape quotes in it, so it must be followed by a status. Without any
 * such, the first quote.
 */
function endOfRequest(bytes: Uint8Array, at: number, end: number): number {
  const first = closingQuote(bytes, at, end);
  for (let close = first; close !== -1; close = closingQuote(bytes, close + 1, end)) {
    const next = bytes[close + 2] as number;
    const isStatus = next === BYTE.dash || (next >= BYTE.zero && next <= BYTE.nine);
    if (close + 2 < end && bytes[close + 1] === BYTE.space && isStatus) return close;
  }
  return first;
}

/** Seconds of `0.123` or `rt=0.123`; NaN for anything else, whole numbers among them (they may be any unit). */
function decimalSeconds(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  if (bytes[at] === 0x72 && bytes[at + 1] === 0x74 && bytes[at + 2] === 0x3d) at += 3;
  const dot = indexOfByte(bytes, BYTE.dot, at, end);
  if (dot === -1 || end - dot > 8 || dot - at > 6) return Number.NaN;
  const whole = parseDecimal(bytes, at, dot);
  return whole + parseDecimal(bytes, dot + 1, end) / 10 ** (end - dot - 1);
}
