import { decodeUtf8 } from '../base/bytes';
import { QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { ctimeOf } from './shared/ctime';
import { MAX_FIELD_BYTES } from './shared/line-event';
import { noTime } from './shared/reject-reasons';
import { RowWriter } from './shared/row-writer';

/**
 * Behind the time (xferlog(5)): seconds, remote host, bytes, file, type, special action, direction, access mode, user, service, how the user was
 * authenticated, id, completion.
 */
const TRANSFER =
  /^ (\d{1,9}) (\S{1,255}) (\d{1,15}) (.*) ([ab]) (\S{1,8}) ([oid]) ([agru]) (\S{1,255}) (\S{1,32}) ([01]) (\S{1,255}) ([ci])$/;

const VERBS: Readonly<Record<string, number>> = {
  o: QUERY_VERB.read,
  i: QUERY_VERB.write,
  d: QUERY_VERB.delete,
};

/** Transfers as wu-ftpd logged them, and ProFTPD, vsftpd, Pure-FTPd and others after it: who fetched, brought or deleted which file. Times are the machine's clock. */
class XferlogParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #rows: RowWriter;

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#rows = new RowWriter(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const text = decodeUtf8(bytes, start, Math.min(end, start + 4 * MAX_FIELD_BYTES)).trimEnd();
    if (text === '') {
      this.#sink.skip('blank');
      return;
    }
    const time = ctimeOf(text);
    const said = time && TRANSFER.exec(text.slice(time.length));
    if (!said) {
      this.#sink.reject(
        time
          ? 'expected seconds, remote host, bytes, file and the letters of xferlog(5) behind the time, such as 1 192.0.2.1 512 /a b _ o r bob ftp 0 * c'
          : noTime('a local time at the start', 'Sun Mar 10 12:00:00 2024'),
        bytes,
        start,
        end,
        line,
      );
      return;
    }
    const [, seconds, actor, size, object, , , direction = '', , principal, service = '', , , completion] =
      said;
    this.#rows.at(time.us, time.basis, offset, line);
    this.#rows.query({
      actor,
      principal,
      service: /^(?:sftp|scp|ftps)$/i.test(service) ? service.toLowerCase() : 'ftp',
      verb: VERBS[direction],
      object,
      outcome: completion === 'c' ? QUERY_OUTCOME.success : QUERY_OUTCOME.error,
      // Of a transfer that broke off, what had gone over.
      bytesReturned: direction === 'o' ? Number(size) : undefined,
      durationUs: Number(seconds) * 1e6,
    });
  }
}

function sniffXferlog(head: Head): number {
  const lines = head.lines.filter((line) => line.trim() !== '').slice(0, 100);
  const fit = lines.filter((line) => {
    const time = ctimeOf(line);
    return time !== undefined && TRANSFER.test(line.slice(time.length, 4000));
  }).length;
  return fit === 0 ? 0 : 0.3 + 0.67 * (fit / lines.length);
}

export const xferlog: Format = {
  id: 'xferlog',
  label: 'FTP transfer log (xferlog)',
  framing: 'lines',
  splittable: true,
  tables: ['queries'],
  sniff: sniffXferlog,
  parser: (context) => new XferlogParser(context),
};
