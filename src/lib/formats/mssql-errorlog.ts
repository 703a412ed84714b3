import { decodeUtf8, encodeUtf8 } from '../base/bytes';
import { CHANGE_KIND, CHANGE_OUTCOME, LOGIN_METHOD, LOGIN_OUTCOME } from '../tables/schemas';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { noTime } from './shared/reject-reasons';
import { RowWriter } from './shared/row-writer';
import { parsedTime } from './shared/time';
import { readIsoTime } from './shared/time-prefix';

const MAX_LINE = 1 << 14;

/** What follows the time: who writes (`Logon`, `spid51`, `Server`), and the message. */
const SAID = /^\s+(Logon|Server|Backup|spid\d+\w*|\w{1,24})\s+(.*)$/;
const LOGIN =
  /^Login (failed|succeeded) for user '(.*?)'\.(?: Reason: (.*?))?(?: Connection made using (.*?))?\s*(?:\[CLIENT: ([^\]]*)\])?\s*$/;
/** A setting of sp_configure: `Configuration option 'xp_cmdshell' changed from 0 to 1. Run the RECONFIGURE statement to install.` */
const SETTING = /^Configuration option '(.*?)' changed from (\S+) to (\S+?)\. /;

/** SQL Server's ERRORLOG (learn.microsoft.com, "View the SQL Server error log" and "MSSQLSERVER_18456"). Its times are the machine's local clock. */
class MssqlErrorLogParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #rows: RowWriter;

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#rows = new RowWriter(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const timeEnd = readIsoTime(bytes, start, end);
    const { us, basis } = parsedTime;
    const text = decodeUtf8(bytes, timeEnd === -1 ? start : timeEnd, Math.min(end, start + MAX_LINE));
    if (timeEnd === -1) {
      if (text.trim() === '') this.#sink.skip('blank');
      else if (/^[\s*(\w-]/.test(text) && !/^\d/.test(text))
        this.#sink.skip('continuation of the line before');
      else this.#sink.reject(noTime('a local time', '2024-03-10 12:00:00.12'), bytes, start, end, line);
      return;
    }
    const [, writer = 'unknown', message = ''] = SAID.exec(text) ?? [];
    this.#rows.at(us, basis, offset, line);
    if (!this.#login(message) && !this.#setting(message))
      this.#sink.skip(`message of ${writer.replace(/\d+\w*$/, '')}`);
  }

  #login(message: string): boolean {
    const match = LOGIN.exec(message);
    if (!match) return false;
    const [, result, user = '', reason = '', how = '', client = ''] = match;
    const isSql = /SQL Server authentication/i.test(how) || result === 'failed';
    this.#rows.login({
      actor: /^<|^$/.test(client) ? '' : client,
      service: 'mssql',
      user,
      method: /Windows authentication/i.test(`${how} ${reason}`)
        ? LOGIN_METHOD.other
        : isSql
          ? LOGIN_METHOD.password
          : LOGIN_METHOD.unknown,
      outcome:
        result === 'succeeded'
          ? LOGIN_OUTCOME.success
          : /Could not find a login matching/i.test(reason)
            ? LOGIN_OUTCOME.invalidUser
            : LOGIN_OUTCOME.failure,
    });
    return true;
  }

  #setting(message: string): boolean {
    const match = SETTING.exec(message);
    if (!match) return false;
    const [, name = '', from = '', to = ''] = match;
    this.#rows.change({
      kind: CHANGE_KIND.policyChanged,
      target: name,
      outcome: CHANGE_OUTCOME.success,
      detail: `${name} ${from} → ${to}`,
    });
    return true;
  }
}

function sniffErrorLog(head: Head): number {
  const lines = head.lines.filter((line) => /^\d{4}-/.test(line)).slice(0, 60);
  let fit = 0;
  let isTold = /Microsoft SQL Server|\[CLIENT: |Severity: \d+, State: \d+/.test(head.text.slice(0, 65_536));
  for (const line of lines) {
    const bytes = encodeUtf8(line.slice(0, 200));
    const timeEnd = readIsoTime(bytes, 0, bytes.length);
    const said = timeEnd === -1 ? null : SAID.exec(line.slice(timeEnd, 200));
    if (said && /^(?:Logon|Server|Backup|spid\d+\w*)$/.test(said[1] ?? '')) fit += 1;
  }
  if (fit === 0) isTold = false;
  return isTold ? 0.95 * (fit / lines.length) : 0;
}

export const mssqlErrorLog: Format = {
  id: 'mssql-errorlog',
  label: 'SQL Server error log',
  framing: 'lines',
  splittable: true,
  tables: ['logins', 'changes'],
  sniff: sniffErrorLog,
  parser: (context) => new MssqlErrorLogParser(context),
};
