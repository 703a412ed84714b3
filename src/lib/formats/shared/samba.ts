import { parseAddress } from '../../base/addresses';
import { QUERY_OUTCOME, QUERY_VERB } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { messageText, type LineEvent } from './line-event';
import { RowWriter } from './row-writer';

/** `OPERATION|ok|` or `OPERATION|fail (reason)|`, behind what `full_audit:prefix` was set to. */
const SAID = /\|([a-z_]{3,40})\|(ok|fail(?: \([^|]{0,200}\))?)(?:\||$)/;
const READS = /^(?:a?io_read|p?read(?:_send|_recv)?|sendfile|offload_read_send)$/;
const LISTS = /^(?:opendir|fdopendir|readdir)$/;
const WRITES =
  /^(?:p?write(?:_send|_recv)?|recvfile|mkdir(?:at)?|rename(?:at)?|ftruncate|link(?:at)?|symlink(?:at)?)$/;
const DELETES = /^(?:unlink(?:at)?|rmdir)$/;

function verbOf(operation: string, mode: string): number {
  if (operation === 'open' || operation === 'openat')
    return mode === 'w' ? QUERY_VERB.write : QUERY_VERB.read;
  if (READS.test(operation)) return QUERY_VERB.read;
  if (LISTS.test(operation)) return QUERY_VERB.list;
  if (WRITES.test(operation)) return QUERY_VERB.write;
  if (DELETES.test(operation)) return QUERY_VERB.delete;
  return operation === 'connect' ? QUERY_VERB.auth : QUERY_VERB.unknown;
}

/**
 * What Samba's vfs_full_audit logs, one operation a message (man page vfs_full_audit(8)): `alice|203.0.113.7|open|ok|r|hr/payroll.xlsx`. The
 * prefix is `%u|%I` unless set otherwise: its first field is taken for the user, the first that is an address for the client. Operations that
 * neither read nor change a file (stat, close) give no row.
 */
export class SambaAudit {
  readonly #rows: RowWriter;
  readonly #sink: RecordSink;
  readonly #event: LineEvent;

  constructor(sink: RecordSink, event: LineEvent) {
    this.#rows = new RowWriter(sink);
    this.#sink = sink;
    this.#event = event;
  }

  read(bytes: Uint8Array, start: number, end: number): boolean {
    const text = messageText(bytes, start, end).trim();
    const said = SAID.exec(text);
    if (!said) return false;
    const [, operation = '', result = ''] = said;
    const rest = text.slice(said.index + said[0].length).split('|');
    const verb = verbOf(operation, rest[0] ?? '');
    const prefix = text.slice(0, said.index).split('|');
    const actor = prefix.find((field) => parseAddress(field) !== null);
    if (verb === QUERY_VERB.unknown || actor === undefined) return false;
    const { us, basis, offset, line, host } = this.#event;
    this.#rows.at(us, basis, offset, line);
    this.#rows.query({
      actor,
      principal: prefix[0] === actor ? '' : prefix[0],
      service: 'smb',
      host: this.#sink.dictionaries.strings.text(host),
      servicePort: 445,
      verb,
      object: rest.at(-1),
      outcome:
        result === 'ok'
          ? QUERY_OUTCOME.success
          : /denied|not permitted/i.test(result)
            ? QUERY_OUTCOME.denied
            : QUERY_OUTCOME.error,
    });
    return true;
  }
}
