import { decodeUtf8 } from '../base/bytes';
import { TIME_BASIS } from '../base/time';
import { QUERY_VERB } from '../tables/schemas';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { splitEndpoint } from './shared/endpoint';
import { outcomeOfStatus, verbOfRequest } from './shared/http';
import { portOf } from './shared/json';
import { MAX_FIELD_BYTES } from './shared/line-event';
import { fieldOr, splitQuoted } from './shared/quoted-fields';
import { noTime } from './shared/reject-reasons';
import { RowWriter } from './shared/row-writer';
import { parsedTime } from './shared/time';
import { readIsoText } from './shared/time-prefix';

const MAX_LINE = 1 << 16;

/** One request or connection through a load balancer, by the names that its documentation gives the fields. */
interface Entry {
  readonly time: string;
  readonly balancer: string;
  readonly client: string;
  readonly status: string;
  readonly sent: string;
  readonly request: string;
  readonly agent: string;
  /** Seconds spent before, in and after the target; −1 means that it never got that far. */
  readonly seconds: readonly string[];
  readonly isConnection: boolean;
}

/**
 * Access logs of AWS load balancers: application (`http 2018-07-02T22:23:00.186641Z app/…`), network (`tls 1.0 2018-…`) and classic (`2015-05-13T23:39:43.945958Z name …`).
 * Field order from the guides "Access logs for your … Load Balancer", docs.aws.amazon.com.
 */
class ElbParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #rows: RowWriter;

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#rows = new RowWriter(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const text = decodeUtf8(bytes, start, Math.min(end, start + MAX_LINE)).trim();
    if (text === '') {
      this.#sink.skip('blank');
      return;
    }
    const entry = entryOf(splitQuoted(text));
    if (!entry || !readIsoText(entry.time)) {
      const reason = entry
        ? noTime('the entry’s time', '2024-03-10T12:00:00.123456Z')
        : 'this is no load balancer entry: expected type (http, https, h2, ws, wss, grpcs, tls) and time, or the time alone, and at least 11 fields';
      this.#sink.reject(reason, bytes, start, end, line);
      return;
    }
    // Classic and application logs write a Z, network logs leave it out; all are UTC.
    this.#rows.at(parsedTime.us, TIME_BASIS.absolute, offset, line);
    this.#write(entry);
  }

  #write(entry: Entry): void {
    const { address, port } = splitEndpoint(entry.client);
    const [method = '', url = ''] = entry.request.split(' ');
    const isRequest = !entry.isConnection && method !== '-' && method !== '';
    const target = /^(\w+):\/\/(\[[^\]]*\]|[^/:]*)(?::(\d+|-))?([^]*)$/.exec(url);
    const path = target?.[4] ?? url;
    const status = Number(entry.status) || 0;
    this.#rows.query({
      actor: address,
      actorPort: port,
      service: 'elb',
      host: target?.[2] || entry.balancer,
      servicePort: portOf(target?.[3]),
      verb: isRequest ? verbOfRequest(method, path) : QUERY_VERB.unknown,
      object: isRequest ? path.slice(0, MAX_FIELD_BYTES) : '',
      status: status <= 999 ? status : 0,
      // A request that the balancer itself refused as malformed has a status and no words.
      outcome: outcomeOfStatus(status),
      bytesReturned: entry.sent === '' ? Number.NaN : Number(entry.sent),
      durationUs: totalMicros(entry.seconds),
      agent: entry.agent,
    });
  }
}

function entryOf(fields: readonly string[]): Entry | undefined {
  const get = (index: number): string => fieldOr(fields, index);
  const type = fields[0] ?? '';
  if (/^(?:http|https|h2|ws|wss|grpcs)$/.test(type) && fields.length >= 14) {
    return {
      time: get(1),
      balancer: get(2),
      client: get(3),
      seconds: [get(5), get(6), get(7)],
      status: get(8),
      sent: get(11),
      request: get(12),
      agent: get(13),
      isConnection: false,
    };
  }
  if (/^(?:tls|tcp)$/.test(type) && fields.length >= 13) {
    const milliseconds = Number(get(7));
    return {
      time: get(2),
      balancer: get(3),
      client: get(5),
      seconds: [Number.isFinite(milliseconds) ? String(milliseconds / 1000) : ''],
      status: '',
      sent: get(10),
      request: '',
      agent: '',
      isConnection: true,
    };
  }
  if (/^\d{4}-\d\d-\d\dT/.test(type) && fields.length >= 11) {
    return {
      time: type,
      balancer: get(1),
      client: get(2),
      seconds: [get(4), get(5), get(6)],
      status: get(7),
      sent: get(10),
      request: get(11),
      agent: get(12),
      isConnection: false,
    };
  }
  return undefined;
}

/** The sum of the parts; NaN as soon as one is −1, since the answer never came by that way. */
function totalMicros(seconds: readonly string[]): number {
  let total = 0;
  for (const part of seconds) {
    const value = part === '' ? Number.NaN : Number(part);
    if (!(value >= 0)) return Number.NaN;
    total += value;
  }
  return Math.round(total * 1e6);
}

const APPLICATION = /^(?:http|https|h2|ws|wss|grpcs) \d{4}-\d\d-\d\dT[\d:.]+Z? \S+ \S+:\d+ /;
const NETWORK = /^(?:tls|tcp) \d+\.\d+ \d{4}-\d\d-\d\dT[\d:.]+Z? \S+ \S+ \S+:\d+ /;
const CLASSIC =
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z \S+ \S+:\d+ (?:\S+:\d+|-) (?:-1|\d\S*) (?:-1|\d\S*) (?:-1|\d\S*) (?:-|\d+) (?:-|\d+) \d+ \d+ "/;

function sniffElb(head: Head): number {
  const lines = head.lines.filter((line) => line.trim() !== '').slice(0, 50);
  const fit = lines.filter((line) => APPLICATION.test(line) || NETWORK.test(line) || CLASSIC.test(line));
  return lines.length === 0 ? 0 : 0.97 * (fit.length / lines.length);
}

export const awsElb: Format = {
  id: 'aws-elb',
  label: 'AWS load balancer access log (ALB, NLB, classic)',
  framing: 'lines',
  splittable: true,
  heldOffAsset: true,
  tables: ['queries'],
  sniff: sniffElb,
  parser: (context) => new ElbParser(context),
};
