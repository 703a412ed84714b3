import { LOGIN_METHOD, LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import type { Format } from './format';
import { sniffTransfers, TransferLines } from './shared/transfer-lines';

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
class VsftpdParser extends TransferLines {
  protected override take(text: string): string | null {
    const said = SAID.exec(text);
    if (!said) {
      if (!/^ \[pid \d+\]/.test(text))
        return 'expected [pid 3], a user and what was done behind the time, such as [pid 3] [bob] OK LOGIN: Client "192.0.2.1"';
      this.sink.skip('other message');
      return null;
    }
    const [, process = '', user = '', result = '', deed = '', actor = '', rest = ''] = said;
    const isOk = result === 'OK';
    const verb = VERBS[deed];
    if (deed === 'LOGIN' || deed === 'CONNECT')
      this.rows.login({
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
      this.rows.query({
        actor,
        principal: user,
        service: 'ftp',
        verb,
        object: sent?.[1] ?? rest.replace(/^, /, ''),
        outcome: isOk ? QUERY_OUTCOME.success : QUERY_OUTCOME.error,
        bytesReturned: deed === 'DOWNLOAD' && sent?.[2] !== undefined ? Number(sent[2]) : undefined,
      });
    } else this.sink.skip(/^FTP (?:command|response)$/.test(deed) ? deed : 'other message');
    return null;
  }
}

export const vsftpd: Format = {
  id: 'vsftpd',
  label: 'vsftpd log',
  framing: 'lines',
  splittable: true,
  tables: ['logins', 'queries'],
  sniff: (head) => sniffTransfers(head, SAID),
  parser: (context) => new VsftpdParser(context),
};
