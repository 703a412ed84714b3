import { decodeUtf8 } from '../base/bytes';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { parsedTime } from './shared/time';
import { parseTimeText } from './shared/time-text';
import { UnifiedRows, type UnifiedMessage } from './shared/unified-log';

const MAX_LINE = 1 << 16;

/** `2024-03-10 12:00:00.123456-0700 0x1a2b     Default     0x0                  123    0    sshd: (libsystem.dylib) [subsystem:category] message` */
const DEFAULT =
  /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}[+-]\d{4}) 0x[\da-f]+ +\w+ +0x[\da-f]+ +(\d+) +\d+ +([^:]{1,128}): (.*)$/s;
/** `2024-03-10 12:00:00.123456-0700  localhost sshd[123]: (libsystem.dylib) message` */
const SYSLOG =
  /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}[+-]\d{4}) {2}\S+ ([^[]{1,128})\[(\d+)\]: (?:<\w+>: )?(.*)$/s;
/** `2024-03-10 12:00:00.123 Df sshd[123:1a2b] (libsystem.dylib) [subsystem:category] message`, by the clock of whoever printed it. */
const COMPACT = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) [A-Z][a-z]? +(.{1,128}?)\[(\d+):[\da-f]+\] (.*)$/s;

const HEADER = /^Timestamp +(?:Thread +Type +Activity +PID|\(process\)\[PID\]|Ty Process\[PID:TID\])/;
/** What stands before the header. */
const PREAMBLE = /^(?:Filtering the log data using |Skipping (?:info|debug|info and debug) messages, )/;

/** What is printed before the message: the library that logged it, then its subsystem and category. */
const SENDER = /^(?:\([^()]{1,200}\) )?(?:\[[\w.-]{1,200}:[^\]]{0,200}\] )?/;

interface Said extends Omit<UnifiedMessage, 'us' | 'basis'> {
  readonly time: string;
}

function saidIn(text: string): Said | undefined {
  const wide = DEFAULT.exec(text);
  if (wide) {
    const [, time = '', pid, process = '', message = ''] = wide;
    return { time, pid: Number(pid), process, message };
  }
  const match = SYSLOG.exec(text) ?? COMPACT.exec(text);
  if (!match) return undefined;
  const [, time = '', process = '', pid, message = ''] = match;
  return { time, pid: Number(pid), process, message };
}

/** What `log show` prints on macOS as text, in any of its styles (log(1)). */
class MacosLogParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #unified: UnifiedRows;

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#unified = new UnifiedRows(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const text = decodeUtf8(bytes, start, Math.min(end, start + MAX_LINE)).trimEnd();
    const said = saidIn(text);
    if (said && parseTimeText(said.time)) {
      const { us, basis } = parsedTime;
      this.#unified.write({ ...said, us, basis, message: said.message.replace(SENDER, '') }, offset, line);
    } else if (text === '') this.#sink.skip('blank');
    else if (HEADER.test(text) || PREAMBLE.test(text)) this.#sink.skip('header');
    else if (/^\d{4}-\d\d-\d\d /.test(text))
      this.#sink.reject(
        'after its time the line goes on in no style of log show: expected a thread (0x1a2b) and what follows it, a host and program[pid]:, or program[pid:thread]',
        bytes,
        start,
        end,
        line,
      );
    else this.#sink.skip('continuation of a message, or the summary');
  }
}

function sniffMacosLog(head: Head): number {
  const lines = head.lines.slice(0, 50).filter((line) => line !== '');
  if (lines.slice(0, 4).some((line) => HEADER.test(line))) return 0.97;
  const told = lines.filter((line) => DEFAULT.test(line) || COMPACT.test(line)).length;
  return told > 0 && told * 2 >= lines.length ? 0.95 : 0;
}

export const macosLog: Format = {
  id: 'macos-log',
  label: 'macOS unified log (log show)',
  framing: 'lines',
  splittable: true,
  tables: ['logins', 'changes', 'flows', 'queries'],
  sniff: sniffMacosLog,
  parser: (context) => new MacosLogParser(context),
};
