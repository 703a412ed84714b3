import { BYTE, decodeUtf8 } from '../../base/bytes';
import { MICROS_PER_MINUTE, TIME_BASIS, type TimeBasis } from '../../base/time';
import { QUERY_VERB } from '../../tables/schemas';
import type { ParseContext, RecordParser, RecordSink } from '../format';
import { outcomeOfStatus, verbOfRequest } from './http';
import { parseAddress } from '../../base/addresses';
import { portOf } from './json';
import { MAX_FIELD_BYTES } from './line-event';
import { noTime } from './reject-reasons';
import { RowWriter } from './row-writer';
import { parsedTime } from './time';
import { readIsoText } from './time-prefix';

/** A line longer than this cannot be one request, whatever it holds. */
const MAX_LINE = 1 << 18;

/** What IIS 7 and later log unless told otherwise, and the same without the referer (IIS 7.0, 7.5). */
const IIS_DEFAULT =
  'date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(user-agent) cs(referer) sc-status sc-substatus sc-win32-status time-taken';
const IIS_ALL =
  'date time s-sitename s-computername s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs-version cs(user-agent) cs(cookie) cs(referer) cs-host sc-status sc-substatus sc-win32-status sc-bytes cs-bytes time-taken';
/** The same with what is usually switched on or off: no referer, a forwarded address at the end, the bytes. */
const IIS_BY_COUNT = new Map<number, readonly string[]>([
  [14, IIS_DEFAULT.replace(' cs(referer)', '').split(' ')],
  [15, IIS_DEFAULT.split(' ')],
  [16, [...IIS_DEFAULT.split(' '), 'x-forwarded-for']],
  [17, IIS_DEFAULT.replace('time-taken', 'sc-bytes cs-bytes time-taken').split(' ')],
]);
const IIS_ALL_BY_COUNT = new Map<number, readonly string[]>([
  [22, IIS_ALL.split(' ')],
  [23, [...IIS_ALL.split(' '), 'x-forwarded-for']],
]);
/** HTTP.sys' error log, which has no header when it is cut. */
const HTTPERR =
  'date time c-ip c-port s-ip s-port cs-version cs-method cs-uri sc-status s-siteid s-reason s-queuename';

/**
 * Parser of the W3C extended log file format (W3C working draft WD-logfile-960323): IIS, HTTP.sys, CloudFront and others that say in `#Fields:` what
 * they write. Files cut from a larger one have no such line; then IIS' usual orders are tried, and the source says so.
 */
export class W3cParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #rows: RowWriter;
  readonly #service: string;
  #fields: readonly string[] = [];
  /** Fields of the line at hand. */
  #now: readonly string[] = [];
  #isGuessed = false;
  #date = '';
  /** Minutes that `#GMT-Offset` names; NaN when it is not there: the format's times are UTC. */
  #offsetMinutes = Number.NaN;

  constructor({ sink, head }: ParseContext, service = 'http') {
    this.#sink = sink;
    this.#rows = new RowWriter(sink);
    this.#service = service;
    // A parser that starts in the middle of a file knows its fields from the head.
    for (const line of head.lines) if (line.startsWith('#')) this.#directive(line);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const text = decodeUtf8(bytes, start, Math.min(end, start + MAX_LINE))
      .replace(/^\uFEFF/, '')
      .trimEnd();
    if (text === '') {
      this.#sink.skip('blank');
      return;
    }
    if (text.startsWith('#')) {
      this.#directive(text);
      this.#sink.skip('header');
      return;
    }
    const values = splitW3c(text);
    const reason = this.#fit(values) ?? this.#read(values, offset, line);
    if (reason !== undefined) this.#sink.reject(reason, bytes, start, end, line);
  }

  #directive(text: string): void {
    const match = /^#([\w-]+):\s*(.*)$/.exec(text);
    if (!match) return;
    const [, name = '', value = ''] = match;
    switch (name.toLowerCase()) {
      case 'fields':
        this.#fields = value.trim().toLowerCase().split(/\s+/).slice(0, 200);
        this.#isGuessed = false;
        break;
      case 'date':
      case 'start-date':
        this.#date = /\d{4}-\d\d-\d\d/.exec(value)?.[0] ?? this.#date;
        break;
      case 'gmt-offset': {
        const offset = /^([+-])(\d\d):?(\d\d)/.exec(value.trim());
        if (offset)
          this.#offsetMinutes = (offset[1] === '-' ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3]));
        break;
      }
    }
  }

  /** Whether the fields fit the line, or those that IIS usually writes do; the reason why not. */
  #fit(values: readonly string[]): string | undefined {
    this.#now = this.#fields;
    if (this.#fields.length === values.length && !this.#isGuessed) return undefined;
    const guess = guessFields(values);
    if (guess.length === values.length) {
      if (this.#fields.length === 0 || this.#isGuessed) {
        this.#fields = guess;
        this.#isGuessed = true;
      }
      this.#now = guess;
      this.#sink.note(
        'Lines that no "#Fields:" line of this file describes are read by the columns that IIS writes by default.',
      );
      return undefined;
    }
    if (this.#fields.length === 0)
      return 'no #Fields: line stands before it, so it is not known what its columns hold: was the beginning of the file cut off?';
    return `${this.#fields.length} fields expected, ${values.length} found`;
  }

  #read(values: readonly string[], offset: number, line: number): string | undefined {
    const get = (...names: readonly string[]): string => {
      for (const name of names) {
        const value = values[this.#now.indexOf(name)];
        if (value !== undefined && value !== '-' && value !== '') return value;
      }
      return '';
    };
    const basis = this.#time(get);
    if (basis === undefined) return noTime('the columns date and time', '2024-03-10 12:00:00');
    const method = get('cs-method');
    const isCloudFront = this.#now.includes('x-edge-location');
    const stem = get('cs-uri-stem', 'cs-uri');
    if (method === '' && stem === '') {
      this.#sink.skip('connection without a request');
      return undefined;
    }
    const query = get('cs-uri-query');
    const path = query === '' ? stem : `${stem}?${query}`;
    const status = Number(get('sc-status')) || 0;
    this.#rows.at(parsedTime.us, basis, offset, line);
    this.#rows.query({
      actor: get('c-ip'),
      actorPort: portOf(get('c-port')),
      principal: get('cs-username', 'cs-auth-id'),
      service: this.#service,
      host: isCloudFront
        ? get('x-host-header', 'cs(host)')
        : get('s-computername', 's-ip', 'cs-host', 'cs(host)'),
      servicePort: portOf(get('s-port')),
      verb: method === '' ? QUERY_VERB.unknown : verbOfRequest(method, path),
      object: path.slice(0, MAX_FIELD_BYTES),
      status: status <= 999 ? status : 0,
      outcome: outcomeOfStatus(status),
      bytesReturned: numberIn(get('sc-bytes', 'bytes')),
      durationUs: numberIn(get('time-taken', 'timetakenms')) * (isCloudFront ? 1e6 : 1e3),
      agent: readableAgent(get('cs(user-agent)')),
    });
    return undefined;
  }

  /** Leaves the time in `parsedTime`; its basis, or undefined when it cannot be read. The format's clocks are UTC unless they say "local". */
  #time(get: (...names: string[]) => string): TimeBasis | undefined {
    const isLocal = this.#now.includes('time-local');
    const date = get('date', 'date-local') || this.#date;
    if (!readIsoText(`${date}T${get('time', 'time-local')}`)) return undefined;
    if (!Number.isNaN(this.#offsetMinutes))
      parsedTime.us = (parsedTime.us - this.#offsetMinutes * MICROS_PER_MINUTE) as typeof parsedTime.us;
    else if (isLocal) return TIME_BASIS.local;
    return TIME_BASIS.absolute;
  }
}

/** IIS writes `+` for a blank, CloudFront percent codes. */
function readableAgent(text: string): string {
  return text.includes(' ')
    ? text
    : text.replaceAll('+', ' ').replaceAll('%20', ' ').replaceAll('%2520', ' ');
}

function numberIn(text: string): number {
  return /^\d{1,15}(?:\.\d+)?$/.test(text) ? Math.round(Number(text) * 1e6) / 1e6 : Number.NaN;
}

/** Columns of a line: by tabs where there are any, else by runs of blanks; quoted where they begin with a quote, in which `""` is one. */
export function splitW3c(text: string): string[] {
  if (text.includes('\t')) return text.split('\t').map((value) => value.trim());
  const values: string[] = [];
  let at = 0;
  while (at < text.length) {
    while (text.charCodeAt(at) === BYTE.space) at += 1;
    if (at >= text.length) break;
    if (text.charCodeAt(at) === BYTE.quote) {
      let close = text.indexOf('"', at + 1);
      while (close !== -1 && text.charCodeAt(close + 1) === BYTE.quote) close = text.indexOf('"', close + 2);
      if (close === -1) close = text.length;
      values.push(text.slice(at + 1, close).replaceAll('""', '"'));
      at = close + 1;
      continue;
    }
    let stop = text.indexOf(' ', at);
    if (stop === -1) stop = text.length;
    values.push(text.slice(at, stop));
    at = stop;
  }
  return values;
}

/** IIS' usual columns by the line's own look; empty when it looks like none of them. */
function guessFields(values: readonly string[]): readonly string[] {
  if (!/^\d{4}-\d\d-\d\d$/.test(values[0] ?? '') || !/^\d\d:\d\d:\d\d/.test(values[1] ?? '')) return [];
  const isAddressAt = (i: number): boolean => parseAddress(values[i] ?? '') !== null;
  if (isAddressAt(2) && /^[A-Za-z_-]+$/.test(values[3] ?? '')) return IIS_BY_COUNT.get(values.length) ?? [];
  if (isAddressAt(2) && isAddressAt(4) && /^\d+$/.test(values[3] ?? '')) return HTTPERR.split(' ');
  return isAddressAt(4) ? (IIS_ALL_BY_COUNT.get(values.length) ?? []) : [];
}

/** Names in a `#Fields:` line that only logs of requests have. */
export const REQUEST_FIELDS = /\b(?:cs-method|cs-uri|cs-uri-stem|sc-status|cs\(user-agent\))/i;
