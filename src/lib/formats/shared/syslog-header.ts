import { BYTE, indexOfByte, parseDecimal, startsWithAscii } from '../../base/bytes';
import { TIME_BASIS } from '../../base/time';
import { parsedTime, parseEpochBytes } from './time';
import { readIsoTime, readSyslogTime } from './time-prefix';

/** Where the parts of the last header that readSyslogHeader read lie; empty runs have start === end. Its time is in `parsedTime`. */
export const syslogHeader = {
  hostStart: 0,
  hostEnd: 0,
  programStart: 0,
  programEnd: 0,
  /** 0 when the line names no process. */
  pid: 0,
  messageStart: 0,
  /** Whether the time was written as a syslog daemon writes it (not a date, a space and a clock, as any program may). */
  isDaemonTime: false,
};

export const HEADER = { ok: 0, noTime: 1, continuation: 2 } as const;

const MAX_PID = 0xffffffff;

/**
 * Reads the header of one syslog line: an optional `<PRI>`, a time (RFC 3164, ISO 8601 with or without zone, or epoch seconds),
 * host, `program[pid]:`. RFC 5424 is recognized by its fields, with or without `<PRI>1`. Fills `syslogHeader` and `parsedTime`.
 * Sources: RFC 3164 §4.1, RFC 5424 §6, the output modes of journalctl(1), Solaris' message ids ("[ID 800047 auth.info]"); of what some systems write
 * between, see `afterMark` and `afterPriorityName`.
 */
export function readSyslogHeader(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start] as number;
  let at = start;
  if (first === 0x3c) at = afterPriority(bytes, start, end);
  const isVersioned = at > start && bytes[at] === 0x31 && bytes[at + 1] === BYTE.space;
  if (isVersioned) at += 2;
  const timeEnd = readTime(bytes, at, end);
  // A time that a comma follows is a cell of a table.
  if (timeEnd === -1 || (timeEnd < end && bytes[timeEnd] === BYTE.comma)) {
    // ESXi goes on with a message behind an arrow.
    const goesOn = first === BYTE.space || first === BYTE.tab || startsWithAscii(bytes, '--> ', start, end);
    return goesOn ? HEADER.continuation : HEADER.noTime;
  }
  syslogHeader.isDaemonTime = bytes[at + 10] !== BYTE.space || bytes[at + 4] !== BYTE.dash;
  readOrigin(bytes, timeEnd, end, isVersioned);
  return HEADER.ok;
}

function afterPriority(bytes: Uint8Array, start: number, end: number): number {
  for (let i = start + 1; i < end && i <= start + 4; i++) {
    if (bytes[i] === 0x3e) return i + 1;
    const digit = (bytes[i] as number) - BYTE.zero;
    if (digit < 0 || digit > 9) break;
  }
  return start;
}

function readTime(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at] as number;
  if (first >= BYTE.zero && first <= BYTE.nine) {
    const iso = readIsoTime(bytes, at, end);
    if (iso !== -1) return afterRelayedTime(bytes, iso, end);
    const space = indexOfByte(bytes, BYTE.space, at, Math.min(end, at + 20));
    return space - at >= 9 && parseEpochBytes(bytes, at, space, 's') ? space : -1;
  }
  const plain = readSyslogTime(bytes, at, end);
  // journalctl -o short-full puts a weekday before an ISO date.
  if (plain === -1 && bytes[at + 3] === BYTE.space) return readIsoTime(bytes, at + 4, end);
  return plain;
}

/** CloudWatch's exports put its own time, with year and zone, before the line that its agent read: that one counts. */
function afterRelayedTime(bytes: Uint8Array, at: number, end: number): number {
  const { us, basis } = parsedTime;
  if (basis !== TIME_BASIS.absolute || bytes[at] !== BYTE.space) return at;
  const inner = readSyslogTime(bytes, at + 1, end);
  parsedTime.us = us;
  parsedTime.basis = basis;
  return inner === -1 ? at : inner;
}

function tokenEnd(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && bytes[i] !== BYTE.space) i += 1;
  return i;
}

/** Host, program, process and start of the message, in what follows the time at `at`. */
function readOrigin(bytes: Uint8Array, at: number, end: number, isVersioned: boolean): void {
  const header = syslogHeader;
  header.pid = 0;
  let hostStart = at;
  if (hostStart < end && bytes[hostStart] === BYTE.space) hostStart += 1;
  const markStart = hostStart;
  if (!isVersioned) hostStart = afterMark(bytes, hostStart, end);
  // Behind ESXi's marks stands the program.
  const isOnHost = hostStart > markStart && bytes[markStart] !== 0x3c;
  let hostEnd = tokenEnd(bytes, hostStart, end);
  if (startsWithAscii(bytes, FORWARDED, hostStart, end)) {
    // AIX puts its own words around the host; a colon ends it.
    hostStart += FORWARDED.length;
    hostEnd = tokenEnd(bytes, hostStart, end);
    header.hostStart = hostStart;
    header.hostEnd = bytes[hostEnd - 1] === BYTE.colon ? hostEnd - 1 : hostEnd;
    const next = Math.min(end, hostEnd + 1);
    if (!readProgram(bytes, next, end)) header.programStart = header.programEnd = header.messageStart = next;
    return;
  }
  // `Mar 11 09:39:39: --- last message …` and journalctl --no-hostname have no host: what stands there ends like a program.
  const last = bytes[hostEnd - 1];
  const isProgram =
    isOnHost || (hostEnd > hostStart && last === BYTE.colon && bytes[hostEnd - 2] !== BYTE.colon);
  if (isProgram) hostEnd = hostStart;
  header.hostStart = hostStart;
  header.hostEnd = hostEnd;
  const programStart = isProgram ? hostStart : Math.min(end, hostEnd + 1);
  if (isVersioned ? readFields5424(bytes, programStart, end, true) : readProgram(bytes, programStart, end))
    return;
  if (!isVersioned && readFields5424(bytes, programStart, end, false)) return;
  header.programStart = header.programEnd = header.messageStart = programStart;
}

/**
 * Behind a mark that stands before the host: the priority as FreeBSD's syslogd writes it with -v (`<auth.info>`, `<4.6>`), the level and number of ESXi 8
 * (`In(38)`; no host follows), the level of ESXi's own programs (`info hostd[2101004] [Originator@6876 …`; none either).
 */
function afterMark(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at];
  if (first === 0x3c) {
    const close = indexOfByte(bytes, 0x3e, at, Math.min(end, at + 24));
    return close !== -1 && bytes[close + 1] === BYTE.space ? close + 2 : at;
  }
  if (bytes[at + 2] === 0x28) {
    const close = indexOfByte(bytes, 0x29, at, Math.min(end, at + 8));
    const isNumber = close > at + 3 && !Number.isNaN(parseDecimal(bytes, at + 3, close));
    return isNumber && bytes[close + 1] === BYTE.space ? close + 2 : at;
  }
  const level = ESXI_LEVELS.find((word) => startsWithAscii(bytes, word, at, end));
  const bracket = level ? indexOfByte(bytes, BYTE.openBracket, at, Math.min(end, at + 48)) : -1;
  const close =
    bracket === -1 ? -1 : indexOfByte(bytes, BYTE.closeBracket, bracket, Math.min(end, bracket + 24));
  return level && close !== -1 && isOriginator(bytes, close + 1, end) ? at + level.length : at;
}

const FORWARDED = 'Message forwarded from ';
const ESXI_LEVELS = ['info ', 'warning ', 'error ', 'verbose '];
const SEVERITIES = ['info', 'notice', 'warn', 'warning', 'err', 'crit', 'alert', 'emerg', 'debug'];

/** What ESXi's programs write behind their name, where others have a colon; 6.x leaves the blank out. */
function isOriginator(bytes: Uint8Array, at: number, end: number): boolean {
  return startsWithAscii(bytes, bytes[at] === BYTE.space ? ' [Originator@' : '[Originator@', at, end);
}

/** Behind AIX' priority, which stands before the program: `auth|security:info `; −1 when the colon at `colon` ends no such thing. */
function afterPriorityName(bytes: Uint8Array, colon: number, end: number): number {
  const first = bytes[colon + 1] as number;
  if (colon + 1 >= end || first < 97 || first > 119) return -1;
  const stop = tokenEnd(bytes, colon + 1, Math.min(end, colon + 9));
  const isSeverity = SEVERITIES.some(
    (word) => word.length === stop - colon - 1 && startsWithAscii(bytes, word, colon + 1, end),
  );
  return isSeverity && bytes[stop] === BYTE.space ? stop + 1 : -1;
}

/** `program[pid]: message` or `program: message` at `at`. */
function readProgram(bytes: Uint8Array, at: number, end: number): boolean {
  const header = syslogHeader;
  let i = at;
  for (; i < end; i++) {
    const byte = bytes[i] as number;
    // The name ends at `[` or `:`; a space before either means that the message begins without a name.
    if (byte === BYTE.openBracket || byte === BYTE.colon) break;
    if (byte <= BYTE.space || i - at > 128) return false;
  }
  if (i >= end || i === at) return false;
  const behind = bytes[i] === BYTE.colon ? afterPriorityName(bytes, i, end) : -1;
  if (behind !== -1) return readProgram(bytes, behind, end);
  header.programStart = at;
  header.programEnd = i;
  if (bytes[i] === BYTE.openBracket) {
    const close = indexOfByte(bytes, BYTE.closeBracket, i, Math.min(end, i + 40));
    if (close === -1) return false;
    const pid = parseDecimal(bytes, i + 1, close);
    header.pid = pid <= MAX_PID ? pid : 0;
    i = close + 1;
    // macOS writes a level between: `name[1985] <Info>: `.
    if (bytes[i] === BYTE.space && bytes[i + 1] === 0x3c) {
      const level = indexOfByte(bytes, 0x3e, i, Math.min(end, i + 16));
      if (level !== -1) i = level + 1;
    }
    if (i < end && bytes[i] !== BYTE.colon && !isOriginator(bytes, i, end)) return false;
  }
  if (bytes[i] !== BYTE.openBracket) i += 1;
  while (i < end && bytes[i] === BYTE.space) i += 1;
  if (startsWithAscii(bytes, '[ID ', i, end)) {
    const close = indexOfByte(bytes, BYTE.closeBracket, i, Math.min(end, i + 40));
    if (close !== -1) i = close + 2;
  }
  header.messageStart = Math.min(i, end);
  return true;
}

/** RFC 5424's APP-NAME, PROCID, MSGID and structured data at `at`. */
function readFields5424(bytes: Uint8Array, at: number, end: number, isVersioned: boolean): boolean {
  const header = syslogHeader;
  const appEnd = tokenEnd(bytes, at, end);
  const pidEnd = tokenEnd(bytes, appEnd + 1, end);
  const idEnd = tokenEnd(bytes, pidEnd + 1, end);
  if (idEnd >= end || appEnd === at) return false;
  const pid = parseDecimal(bytes, appEnd + 1, pidEnd);
  const isNil = pidEnd === appEnd + 2 && bytes[appEnd + 1] === BYTE.dash;
  let i = bytes[pidEnd + 1] === BYTE.openBracket ? pidEnd + 1 : idEnd + 1;
  const mark = bytes[i];
  if (mark !== BYTE.dash && mark !== BYTE.openBracket) return false;
  if (!isVersioned && Number.isNaN(pid) && !isNil) return false;
  i = mark === BYTE.dash ? i + 1 : afterStructuredData(bytes, i, end);
  while (i < end && bytes[i] === BYTE.space) i += 1;
  // RFC 5424 marks a UTF-8 message by a byte-order mark.
  if (bytes[i] === 0xef && bytes[i + 1] === 0xbb && bytes[i + 2] === 0xbf) i += 3;
  header.programStart = at;
  header.programEnd = appEnd === at + 1 && bytes[at] === BYTE.dash ? at : appEnd;
  header.pid = pid <= MAX_PID ? pid : 0;
  header.messageStart = Math.min(i, end);
  return true;
}

/** The index after `[id name="value" …][…]`; quoted values may hold escaped quotes and brackets. */
function afterStructuredData(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && bytes[i] === BYTE.openBracket) {
    let isQuoted = false;
    for (i += 1; i < end; i++) {
      const byte = bytes[i];
      if (isQuoted && byte === BYTE.backslash) i += 1;
      else if (byte === BYTE.quote) isQuoted = !isQuoted;
      else if (!isQuoted && byte === BYTE.closeBracket) break;
    }
    i += 1;
  }
  return i;
}

/** Whether the last header names a program. */
export function hasProgram(): boolean {
  return syslogHeader.programEnd > syslogHeader.programStart;
}
