import { BYTE, encodeUtf8, startsWithAscii } from '../base/bytes';
import { UNKNOWN_TIME } from '../base/time';
import { parsedTime } from './shared/time';
import {
  NUL_NOTE,
  type Format,
  type Head,
  type ParseContext,
  type RecordParser,
  type RecordSink,
} from './format';
import { FirewallLines, findFirewall, firewallLine, VENDOR, type Vendor } from './shared/firewall-lines';
import { StringCache } from './shared/interning';
import type { StringId } from '../base/brand';
import { kernelFor } from './shared/kernels';
import { NewlineFinder } from './shared/newlines';
import { SshdKernelLines } from './shared/sshd-kernel-lines';
import { HEADER, hasProgram, readSyslogHeader, syslogHeader } from './shared/syslog-header';
import { readSyslogTime } from './shared/time-prefix';
import { SyslogPrograms } from './shared/syslog-programs';

const MAX_HOST_BYTES = 255;

/** Programs that only a machine's own syslog has; one of them makes an ISO-dated line a syslog line. */
const TELLING_PROGRAMS =
  /\s(?:sshd|sshd-session|sudo|su|CRON|crond?|kernel|systemd|systemd-logind|dhclient|rsyslogd|postfix\/\w+|useradd)(?:\[\d+\])?: /;

/** What gives rows and is left to TypeScript: packets, requests. */
const ROWS_OF_OTHERS = /\s(?:nginx|apache2?|httpd|filterlog)(?:\[\d+\])?: | (?:IN|OUT)=/;

export interface SyslogSettings {
  /** Whether most lines are expected to be those of sshd and of programs that only count. */
  readonly usesKernel: boolean;
  /** Whether the lines are those of a file, at whose end `finish` is called, or stand one by one in the cells of a table. */
  readonly isFile: boolean;
}

/** Lines of syslog, whoever wrote them. */
export class SyslogParser implements RecordParser {
  readonly takesNul = true;
  readonly #sink: RecordSink;
  readonly #programs: SyslogPrograms;
  readonly #hosts: StringCache;
  #lastOrigin = new Uint8Array(0);
  #lastHost = 0 as StringId;
  #hasBlock: boolean;
  #sshdLines: SshdKernelLines | undefined;
  #firewalls: FirewallLines | undefined;

  readonly #isFile: boolean;

  constructor({ sink }: ParseContext, { usesKernel, isFile }: SyslogSettings) {
    this.#sink = sink;
    this.#hasBlock = !usesKernel;
    this.#isFile = isFile;
    this.#programs = new SyslogPrograms(sink);
    this.#hosts = new StringCache(sink.dictionaries.strings);
  }

  block(bytes: Uint8Array, start: number, end: number, offset: number, line: number): number {
    const newlines = new NewlineFinder(bytes);
    const sshdLines = this.#sshdLinesFor(end - start);
    const origin = offset - start;
    let at = start;
    let lines = 0;
    while (at < end) {
      if (sshdLines) {
        at = sshdLines.read(bytes, at, end, origin, line + lines);
        lines += sshdLines.taken;
        if (at >= end) break;
      }
      if (bytes[at] === 0) {
        this.#sink.note(NUL_NOTE);
        while (bytes[at] === 0 && at < end) at += 1;
      }
      const stop = newlines.next(at, end);
      this.record(bytes, at, stop, origin + at, line + lines);
      lines += 1;
      at = stop + 1;
    }
    return lines;
  }

  finish(): void {
    this.#sshdLines?.finish();
    this.#firewalls?.finish();
  }

  /** A firewall's connection may begin in one part of a file and end in another, and then they are read together. */
  header(): string {
    return this.#firewalls?.hasHeld === true ? 'connections of firewalls' : '';
  }

  #sshdLinesFor(blockBytes: number): SshdKernelLines | undefined {
    if (this.#hasBlock) return this.#sshdLines;
    this.#hasBlock = true;
    const module = kernelFor('sshd', blockBytes);
    if (module) this.#sshdLines = new SshdKernelLines(module, this.#sink, this.#programs);
    return this.#sshdLines;
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    let stop = end;
    while (stop > start && (bytes[stop - 1] as number) <= BYTE.space) stop -= 1;
    if (stop === start) {
      this.#sink.skip('blank');
      return;
    }
    if (this.#isLikeLast(bytes, start, stop, offset, line)) return;
    const status = readSyslogHeader(bytes, start, stop);
    const vendor = findFirewall(bytes, start, stop, status);
    if (vendor !== VENDOR.none) {
      this.#firewall(vendor, bytes, start, stop, offset, line);
      return;
    }
    if (status !== HEADER.ok) {
      if (status === HEADER.continuation) this.#sink.skip('continuation of the line before');
      else
        this.#sink.reject(
          'the line does not begin with a time as syslog writes it, such as Mar 10 12:00:00 or 2024-03-10T12:00:00Z',
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
    const host = this.#hosts.intern(
      bytes,
      header.hostStart,
      Math.min(header.hostEnd, header.hostStart + MAX_HOST_BYTES),
    ) as StringId;
    this.#stamp(host, header.pid, offset, line);
    this.#remember(bytes, host);
    this.#programs.message(bytes, header.programStart, header.programEnd, header.messageStart, stop);
  }

  #firewall(
    vendor: Vendor,
    bytes: Uint8Array,
    start: number,
    stop: number,
    offset: number,
    line: number,
  ): void {
    const { hostStart, hostEnd, hasTime } = firewallLine;
    const host = this.#hosts.intern(bytes, hostStart, Math.min(hostEnd, hostStart + MAX_HOST_BYTES));
    if (!hasTime) parsedTime.us = UNKNOWN_TIME;
    this.#stamp(host as StringId, 0, offset, line);
    this.#firewalls ??= new FirewallLines(this.#sink, this.#programs.event, this.#isFile);
    const reason = this.#firewalls.read(vendor, bytes, stop);
    if (reason !== null) this.#sink.reject(reason, bytes, start, stop, line);
  }

  #stamp(host: StringId, process: number, offset: number, line: number): void {
    const event = this.#programs.event;
    event.us = parsedTime.us;
    event.basis = parsedTime.basis;
    event.host = host;
    event.process = process;
    event.offset = offset;
    event.line = line;
  }

  /** Keeps ` host sshd[` of this line, to know the next one's by comparison. */
  #remember(bytes: Uint8Array, host: StringId): void {
    const { hostStart, programStart, programEnd } = syslogHeader;
    const isSshd =
      programEnd - programStart === 4 &&
      startsWithAscii(bytes, 'sshd[', programStart, programEnd + 1) &&
      programStart - hostStart < MAX_HOST_BYTES;
    if (!isSshd) return;
    this.#lastOrigin = bytes.slice(hostStart - 1, programEnd + 1);
    this.#lastHost = host;
  }

  /**
   * The short way for what most lines of an attacked machine are: an RFC 3164 time, the host of the last sshd line, `sshd[pid]: `. False when
   * the line is anything else, and then nothing of it has been taken.
   */
  #isLikeLast(bytes: Uint8Array, start: number, stop: number, offset: number, line: number): boolean {
    const origin = this.#lastOrigin;
    if (origin.length === 0) return false;
    const timeEnd = readSyslogTime(bytes, start, stop);
    if (timeEnd === -1) return false;
    for (let i = 0; i < origin.length; i++) if (bytes[timeEnd + i] !== origin[i]) return false;
    let at = timeEnd + origin.length;
    let pid = 0;
    for (; at < stop && pid < 0xffffff; at++) {
      const digit = (bytes[at] as number) - BYTE.zero;
      if (digit < 0 || digit > 9) break;
      pid = pid * 10 + digit;
    }
    if (bytes[at] !== BYTE.closeBracket || bytes[at + 1] !== BYTE.colon || bytes[at + 2] !== BYTE.space)
      return false;
    at += 3;
    if (at >= stop || bytes[at] === BYTE.space || bytes[at] === BYTE.openBracket) return false;
    this.#stamp(this.#lastHost, pid, offset, line);
    this.#programs.sshd(bytes, at, stop);
    return true;
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
    const status = readSyslogHeader(bytes, 0, bytes.length);
    if (findFirewall(bytes, 0, bytes.length, status) !== VENDOR.none) {
      named += 1;
      daemon += 1;
      continue;
    }
    if (status !== HEADER.ok) continue;
    const name = line.slice(syslogHeader.programStart, syslogHeader.programEnd);
    if (!hasProgram() || !/^[\w./@():-]+$/.test(name)) continue;
    named += 1;
    if (syslogHeader.isDaemonTime || TELLING_PROGRAMS.test(line)) daemon += 1;
  }
  if (seen === 0) return 0;
  const share = named / seen;
  return share < 0.3 ? share * 0.3 : (0.3 + 0.65 * share) * (0.5 + (0.5 * daemon) / named);
}

/** Lines of syslog one by one, as the cells of a table hold them. */
export const syslog: Format = {
  id: 'syslog',
  label: 'Syslog (sshd, sudo, su, accounts, kernel)',
  holdsSyslog: true,
  framing: 'lines',
  splittable: true,
  keepsPace: (head) => head.lines.filter((line) => ROWS_OF_OTHERS.test(line)).length < head.lines.length / 4,
  tables: ['logins', 'changes', 'flows', 'queries'],
  sniff: sniffSyslog,
  parser: (context) => new SyslogParser(context, { usesKernel: true, isFile: false }),
};

/** A syslog file: what firewalls tell of one connection in several lines is one row. */
export const syslogFile: Format = {
  ...syslog,
  parser: (context) => new SyslogParser(context, { usesKernel: true, isFile: true }),
};
