import { decodeUtf8 } from '../base/bytes';
import { LOGIN_METHOD, LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { ctimeOf } from './shared/ctime';
import { MAX_FIELD_BYTES } from './shared/line-event';
import { noTime } from './shared/reject-reasons';
import { RowWriter } from './shared/row-writer';

/** `[pid 3] [bob] OK DOWNLOAD: Client "203.0.113.7", …`; before a login there is no name. */
const SAID =
  /^ \[pid (\d{1,9})\] (?:\[(.*?)\] )?(?:(OK|FAIL) )?([A-Z][A-Za-z ]{2,20}): Client "([^"]*)"(.*)$/;

const VERBS: Readonly<Record<string, number>> = {
  DOWNLOAD: QUERY_VERB.read,
  UPLOAD: QUERY_VERB.write,
  'APPEND UPLOAD': QUERY_VERB.write,
  MKDIR: QUERY_VERB.write,
  RENAME: QUERY_VERB.write,
  CHMOD: QUERY_VERB.write,
  DELETE: QUERY_VERB.delete,
  RMDIR: QUERY_VERB.delete,
};

/** vsftpd's own log (vsftpd.conf(5): xferlog_enable without xferlog_std_format; logging.c). */
class VsftpdParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #rows: RowWriter;

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#rows = new RowWriter(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const text = decodeUtf8(bytes, start, Math.min(end, start + 4 * MAX_FIELD_BYTES)).trimEnd();
    const time = ctimeOf(text);
    const said = time && SAID.exec(text.slice(time.length));
    if (!said) {
      if (text === '') this.#sink.skip('blank');
      else if (time && /^ \[pid \d+\]/.test(text.slice(time.length))) this.#sink.skip('other message');
      else
        this.#sink.reject(
          time
            ? 'expected [pid 3], a user and what was done behind the time, such as [pid 3] [bob] OK LOGIN: Client "192.0.2.1"'
            : noTime('a local time at the start', 'Sun Mar 10 12:00:00 2024'),
          bytes,
          start,
          end,
          line,
        );
      return;
    }
    const [, process = '', user = '', result = '', deed = '', actor = '', rest = ''] = said;
    this.#rows.at(time.us, time.basis, offset, line);
    const isOk = result === 'OK';
    const verb = VERBS[deed];
    if (deed === 'LOGIN' || deed === 'CONNECT')
      this.#rows.login({
        actor,
        service: 'ftp',
        user,
        process: Number(process),
        method:
          deed === 'CONNECT'
            ? LOGIN_METHOD.unknown
            : rest.startsWith(', anon password')
              ? LOGIN_METHOD.none
              : LOGIN_METHOD.password,
        outcome:
          deed === 'CONNECT' ? LOGIN_OUTCOME.connect : isOk ? LOGIN_OUTCOME.success : LOGIN_OUTCOME.failure,
      });
    else if (verb !== undefined && result !== '') {
      const sent = /^, "(.*)"(?:, (\d{1,15}) bytes)?(?:, [\d.]+ ?[Kk]byte\/sec)?$/.exec(rest);
      this.#rows.query({
        actor,
        principal: user,
        service: 'ftp',
        verb,
        object: sent?.[1] ?? rest.replace(/^, /, ''),
        outcome: isOk ? QUERY_OUTCOME.success : QUERY_OUTCOME.error,
        bytesReturned: deed === 'DOWNLOAD' && sent?.[2] !== undefined ? Number(sent[2]) : undefined,
      });
    } else this.#sink.skip(/^FTP (?:command|response)$/.test(deed) ? deed : 'other message');
  }
}

function sniffVsftpd(head: Head): number {
  const lines = head.lines.filter((line) => line.trim() !== '').slice(0, 100);
  const fit = lines.filter((line) => {
    const time = ctimeOf(line);
    return time !== undefined && SAID.test(line.slice(time.length, 2000));
  }).length;
  return fit === 0 ? 0 : 0.3 + 0.67 * (fit / lines.length);
}

export const vsftpd: Format = {
  id: 'vsftpd',
  label: 'vsftpd log',
  framing: 'lines',
  splittable: true,
  tables: ['logins', 'queries'],
  sniff: sniffVsftpd,
  parser: (context) => new VsftpdParser(context),
};
