import { QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import type { Format } from './format';
import { sniffTransfers, TransferLines } from './shared/transfer-lines';

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
class XferlogParser extends TransferLines {
  protected override take(text: string): string | null {
    const said = TRANSFER.exec(text);
    if (!said)
      return 'expected seconds, remote host, bytes, file and the letters of xferlog(5) behind the time, such as 1 192.0.2.1 512 /a b _ o r bob ftp 0 * c';
    const [, seconds, actor, size, object, , , direction = '', , principal, service = '', , , completion] =
      said;
    this.rows.query({
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
    return null;
  }
}

export const xferlog: Format = {
  id: 'xferlog',
  label: 'FTP transfer log (xferlog)',
  framing: 'lines',
  splittable: true,
  tables: ['queries'],
  sniff: (head) => sniffTransfers(head, TRANSFER),
  parser: (context) => new XferlogParser(context),
};
