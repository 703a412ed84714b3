import { decodeUtf8 } from '../base/bytes';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { writeEnvoy, type EnvoyEntry } from './shared/envoy';
import { splitQuoted } from './shared/quoted-fields';
import { noTime } from './shared/reject-reasons';
import { RowWriter } from './shared/row-writer';
import { parsedTime } from './shared/time';
import { readIsoText } from './shared/time-prefix';

const MAX_LINE = 1 << 16;

const START = /^\[(\d{4}-\d\d-\d\dT[\d:.]+Z?)\] "/;
const ENTRY = /^\[([^\]]{1,40})\] "([^]*?)" (\d{1,3}|-) ([A-Za-z,]+|-) ([^]*)$/;
/** What a container's runtime puts before each line ("CRI logging format"). */
const RUNTIME = /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d) std(?:out|err) [FP] /;
/** Envoy's and Istio's agent's own messages, which share its output. */
const MESSAGE = /^(?:\[\d{4}-\d\d-\d\d[ T][\d:.]+Z?\]\[\d+\]\[|\d{4}-\d\d-\d\dT[\d:.]+Z\t\w+\t)/;

/**
 * Envoy's access log in its default text format, and Istio's and Envoy Gateway's longer ones ("Access logging", envoyproxy.io; "Envoy Access
 * Logs", istio.io). They differ in what stands before the counts of bytes and behind the upstream's address.
 */
class EnvoyParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #rows: RowWriter;

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#rows = new RowWriter(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const text = decodeUtf8(bytes, start, Math.min(end, start + MAX_LINE))
      .trimEnd()
      .replace(RUNTIME, '');
    if (text === '' || MESSAGE.test(text)) {
      this.#sink.skip(text === '' ? 'blank' : 'message of the proxy itself');
      return;
    }
    const match = ENTRY.exec(text);
    const entry = match && entryOf(match);
    if (!entry || !readIsoText(match[1] ?? '')) {
      const reason = entry
        ? noTime('the entry’s time in brackets', '2024-03-10T12:00:00.123Z')
        : 'this is no entry in Envoy’s default format: expected [time], request in quotes, status, flags, bytes received, bytes sent, milliseconds, …';
      this.#sink.reject(reason, bytes, start, end, line);
      return;
    }
    this.#rows.at(parsedTime.us, parsedTime.basis, offset, line);
    writeEnvoy(this.#sink, this.#rows, entry);
  }
}

/** Details of the response that may stand before the counts. */
const MOST_DETAILS = 4;

function entryOf(match: RegExpExecArray): EnvoyEntry | undefined {
  const [, , request = '', status = '', flags = '', rest = ''] = match;
  const fields = splitQuoted(rest);
  const isCount = (index: number): boolean => /^\d+$/.test(fields[index] ?? '');
  let at = 0;
  while (at <= MOST_DETAILS && !(isCount(at) && isCount(at + 1) && isCount(at + 2))) at += 1;
  if (at > MOST_DETAILS) return undefined;
  const field = (index: number): string => fields[at + index] ?? '';
  const asked = /^(\S+) ([^]*?)(?: (?:HTTP\/[\d.]+|-))?$/.exec(request);
  return {
    method: asked?.[1] ?? '',
    path: asked?.[2] ?? request,
    status,
    flags,
    sent: field(1),
    millis: field(2),
    forwardedFor: field(4),
    agent: field(5),
    authority: field(7),
    cluster: field(9),
    remote: field(12),
  };
}

function sniffEnvoy(head: Head): number {
  const lines = head.lines
    .map((line) => line.slice(0, MAX_LINE).replace(RUNTIME, ''))
    .filter((line) => line.trim() !== '' && !MESSAGE.test(line))
    .slice(0, 50);
  const fit = lines.filter((line) => {
    const match = START.test(line) ? ENTRY.exec(line) : null;
    return match !== null && entryOf(match) !== undefined;
  });
  return lines.length === 0 ? 0 : 0.96 * (fit.length / lines.length);
}

export const envoy: Format = {
  id: 'envoy',
  label: 'Envoy or Istio access log',
  framing: 'lines',
  splittable: true,
  tables: ['queries'],
  sniff: sniffEnvoy,
  parser: (context) => new EnvoyParser(context),
};
