import { BYTE, encodeUtf8, indexOfByte } from '../base/bytes';
import { parsedTime } from './shared/time';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { StringCache } from './shared/interning';
import type { StringId } from '../base/brand';
import { HEADER, hasProgram, readSyslogHeader, syslogHeader } from './shared/syslog-header';
import { SyslogPrograms } from './shared/syslog-programs';

const MAX_HOST_BYTES = 255;

/** Programs that only a machine's own syslog has; one of them makes an ISO-dated line a syslog line. */
const TELLING_PROGRAMS =
  /\s(?:sshd|sshd-session|sudo|su|CRON|crond?|kernel|systemd|systemd-logind|dhclient|rsyslogd|postfix\/\w+|useradd)(?:\[\d+\])?: /;

class SyslogParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #programs: SyslogPrograms;
  readonly #hosts: StringCache;

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#programs = new SyslogPrograms(sink);
    this.#hosts = new StringCache(sink.dictionaries.strings);
  }

  block(bytes: Uint8Array, start: number, end: number, offset: number, line: number): number {
    let at = start;
    let lines = 0;
    while (at < end) {
      const newline = indexOfByte(bytes, BYTE.newline, at, end);
      const stop = newline === -1 ? end : newline;
      this.record(bytes, at, stop, offset + at - start, line + lines);
      lines += 1;
      at = stop + 1;
    }
    return lines;
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    let stop = end;
    while (stop > start && (bytes[stop - 1] as number) <= BYTE.space) stop -= 1;
    if (stop === start) {
      this.#sink.skip('blank');
      return;
    }
    const status = readSyslogHeader(bytes, start, stop);
    if (status !== HEADER.ok) {
      if (status === HEADER.continuation) this.#sink.skip('continuation of the line before');
      else
        this.#sink.reject(
          'the line does not start with a time as syslog writes it',
          bytes,
          start,
          stop,
          line,
        );
      return;
    }
    const header = syslogHeader;
    if (!hasProgram()) {
      this.#sink.skip('no program named');
      return;
    }
    const event = this.#programs.event;
    event.us = parsedTime.us;
    event.basis = parsedTime.basis;
    event.host = this.#hosts.intern(
      bytes,
      header.hostStart,
      Math.min(header.hostEnd, header.hostStart + MAX_HOST_BYTES),
    ) as StringId;
    event.process = header.pid;
    event.offset = offset;
    event.line = line;
    this.#programs.message(bytes, header.programStart, header.programEnd, header.messageStart, stop);
  }
}

/** Share of the head's lines that are syslog lines with a program; halved where any program could have written such times. */
function sniffSyslog(head: Head): number {
  let seen = 0;
  let named = 0;
  let daemon = 0;
  for (const line of head.lines.slice(0, 200)) {
    if (line.trim() === '' || /^\s/.test(line)) continue;
    const bytes = encodeUtf8(line.slice(0, 1000));
    seen += 1;
    if (readSyslogHeader(bytes, 0, bytes.length) !== HEADER.ok) continue;
    const name = line.slice(syslogHeader.programStart, syslogHeader.programEnd);
    if (!hasProgram() || !/^[\w./@():-]+$/.test(name)) continue;
    named += 1;
    if (syslogHeader.isDaemonTime || TELLING_PROGRAMS.test(line)) daemon += 1;
  }
  if (seen === 0) return 0;
  const share = named / seen;
  return share < 0.3 ? share * 0.3 : (0.3 + 0.65 * share) * (0.5 + (0.5 * daemon) / named);
}

export const syslog: Format = {
  id: 'syslog',
  label: 'Syslog (sshd, sudo, su, accounts, kernel)',
  framing: 'lines',
  splittable: true,
  tables: ['logins', 'changes', 'flows'],
  sniff: sniffSyslog,
  parser: (context) => new SyslogParser(context),
};
