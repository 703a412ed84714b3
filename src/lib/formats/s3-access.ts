import { decodeUtf8, encodeUtf8 } from '../base/bytes';
import { QUERY_VERB } from '../tables/schemas';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { outcomeOfStatus } from './shared/http';
import { MAX_FIELD_BYTES } from './shared/line-event';
import { fieldOr, splitQuoted } from './shared/quoted-fields';
import { noTime } from './shared/reject-reasons';
import { RowWriter } from './shared/row-writer';
import { parsedTime } from './shared/time';
import { readClfTime } from './shared/time-prefix';

const MAX_LINE = 1 << 16;

/** QUERY_VERB of `REST.GET.OBJECT`, `REST.PUT.ACL`, `BATCH.DELETE.OBJECT`, `S3.EXPIRE.OBJECT`, …. */
function verbOfOperation(operation: string): number {
  const [, method = '', kind = ''] = operation.split('.');
  if (method === 'DELETE' || method === 'EXPIRE') return QUERY_VERB.delete;
  if (/^(?:OBJECT|OBJECT_TAGGING|PART|ENCRYPTED_OBJECT)$/.test(kind) || operation.startsWith('WEBSITE.')) {
    if (method === 'GET') return QUERY_VERB.read;
    return method === 'HEAD' ? QUERY_VERB.list : QUERY_VERB.write;
  }
  if (kind === 'SELECT' || kind === 'OBJECT_SELECT') return QUERY_VERB.read;
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return QUERY_VERB.list;
  if (/UPLOAD|COPY/.test(kind)) return QUERY_VERB.write;
  return method === 'PUT' || method === 'POST' || method === 'COPY' ? QUERY_VERB.admin : QUERY_VERB.unknown;
}

/**
 * S3 server access logs. Fields from "Amazon S3 server access log format", docs.aws.amazon.com: owner, bucket, [time], remote address, requester, request id,
 * operation, key, "request", status, error code, bytes sent, object size, total time (ms), turn-around time, "referer", "agent", version, ….
 */
class S3AccessParser implements RecordParser {
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
    const fields = splitQuoted(text);
    const time = encodeUtf8(fields[2] ?? '');
    const timeEnd = readClfTime(time, 0, time.length);
    if (fields.length < 17 || timeEnd === -1) {
      const reason =
        timeEnd === -1
          ? noTime('the third field, in brackets', '[10/Mar/2024:12:00:00 +0000]')
          : `17 fields or more expected, ${fields.length} found`;
      this.#sink.reject(reason, bytes, start, end, line);
      return;
    }
    this.#rows.at(parsedTime.us, parsedTime.basis, offset, line);
    const get = (index: number): string => fieldOr(fields, index);
    const operation = get(6);
    const key = get(7);
    const status = Number(get(9)) || 0;
    const sent = get(11);
    const duration = get(13);
    this.#rows.query({
      actor: get(3),
      principal: get(4) === '' ? 'anonymous' : get(4),
      service: 's3',
      host: get(1),
      verb: verbOfOperation(operation),
      object: (key === '' ? `${operation} ${get(1)}` : `${get(1)}/${key}`).slice(0, MAX_FIELD_BYTES),
      status: status <= 999 ? status : 0,
      outcome: outcomeOfStatus(status),
      // Without a body S3 writes `-`: nothing was sent.
      bytesReturned: sent === '' ? 0 : Number(sent),
      durationUs: duration === '' ? Number.NaN : Number(duration) * 1000,
      agent: get(16),
    });
  }
}

const LINE =
  /^[0-9a-f]{64} \S+ \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] \S+ \S+ \S+ [A-Z0-9]+\.[A-Z0-9]+\.[A-Z_0-9.]+ /;

function sniffS3(head: Head): number {
  const lines = head.lines.filter((line) => line.trim() !== '').slice(0, 50);
  const fit = lines.filter((line) => LINE.test(line));
  return lines.length === 0 ? 0 : 0.98 * (fit.length / lines.length);
}

export const s3Access: Format = {
  id: 's3-access',
  label: 'AWS S3 server access log',
  framing: 'lines',
  splittable: true,
  heldOffAsset: true,
  tables: ['queries'],
  sniff: sniffS3,
  parser: (context) => new S3AccessParser(context),
};
