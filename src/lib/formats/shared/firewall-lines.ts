import { BYTE, decodeUtf8, startsWithAscii } from '../../base/bytes';
import { TIME_BASIS } from '../../base/time';
import type { RecordSink } from '../format';
import { CheckPointMessages } from './check-point';
import { AsaMessages } from './cisco-asa';
import { EventMessages } from './event-messages';
import type { FirewallMessages } from './firewall-messages';
import { FortigateMessages } from './fortigate';
import { JuniperMessages } from './juniper';
import type { LineEvent } from './line-event';
import { MikrotikMessages } from './mikrotik';
import { NetscalerMessages } from './netscaler';
import { isPanosRecord, PanosMessages } from './panos';
import { SonicwallMessages } from './sonicwall';
import { SophosMessages } from './sophos';
import { HEADER, hasProgram, readSyslogHeader, syslogHeader } from './syslog-header';
import { parsedTime } from './time';
import { readIsoTime, readSyslogTime } from './time-prefix';
import { parseTimeText } from './time-text';
import { WatchguardMessages } from './watchguard';

/** Whose firewalls are told apart; `none` is the line of anything else. */
export const VENDOR = {
  none: 0,
  ciscoAsa: 1,
  fortigate: 2,
  panos: 3,
  juniper: 4,
  checkPoint: 5,
  cef: 6,
  leef: 7,
  sonicwall: 8,
  mikrotik: 9,
  netscaler: 10,
  sophos: 11,
  watchguard: 12,
} as const;
export type Vendor = Exclude<(typeof VENDOR)[keyof typeof VENDOR], 0>;

/** Where the last line's message is that `findFirewall` found one in. */
export const firewallLine = {
  /** Behind `%ASA-` of Cisco's and the program of Juniper's; the first field of the others. */
  messageStart: 0,
  /** Whether the line has a time before its message, which is in `parsedTime`. */
  hasTime: false,
  /** The firewall's name as the line's header gives it; empty where it does not. */
  hostStart: 0,
  hostEnd: 0,
};

/** A tag stands after a time, a host and colons at most. */
const FARTHEST_TAG = 160;
/** Longest address that a receiver puts before a line. */
const LONGEST_ADDRESS = 48;
/** RouterOS' topics that come first, with what may follow them. */
const TOPICS = (
  'firewall,info|firewall,error|system,info|system,error|system,warning|system,critical|ppp,|pppoe,|l2tp,|pptp,|sstp,|ovpn,|ipsec,|wireguard,|dhcp,|wireless,|' +
  'interface,|hotspot,|radius,|script,|bridge,|route,|certificate,|ssh,|web-proxy,|dns,|ntp,|caps,'
).split('|');
const ROUTER_TIME = /^([a-z]{3})\/(\d\d)(?:\/(\d{4}))? (\d\d:\d\d:\d\d) /;
const LONGEST_ROUTER_TIME = 'mar/02/2015 10:20:30 '.length;
const NETSCALER_TIME = '00/00/0000:00:00:00 ';
const CHAINS = ['input', 'forward', 'output', 'prerouting', 'postrouting', 'dstnat', 'srcnat'];
/** What a FortiGate's line begins with: which fields come first depends on where it was exported. */
const FIRST_FIELDS = ['date=', 'logver=', 'devname=', 'devid=', 'itime=', 'idseq=', 'eventtime='];

/**
 * Whose firewall wrote the line, after `readSyslogHeader` has read it with this status, and leaves in `firewallLine` where the message is. A
 * firewall's own time is taken where it says more than the header's, which a relay may have written. Nothing is lost where it was none: then
 * `parsedTime` is as before.
 */
export function findFirewall(bytes: Uint8Array, start: number, end: number, status: number): Vendor | 0 {
  firewallLine.hasTime = status === HEADER.ok;
  firewallLine.hostStart = firewallLine.hostEnd = start;
  return status === HEADER.ok ? findBehindHeader(bytes, end) : findBare(bytes, start, end);
}

function findBehindHeader(bytes: Uint8Array, end: number): Vendor | 0 {
  const { hostStart, hostEnd, programStart, programEnd, messageStart } = syslogHeader;
  const isNamed = hasProgram();
  // `CEF` is read as a program's name. Any program may write events as its messages.
  const isWhole = isNamed && bytes[programEnd] !== BYTE.space;
  const event =
    eventAt(bytes, isWhole ? programStart : messageStart, end) ||
    (isWhole ? eventAt(bytes, messageStart, end) : VENDOR.none);
  if (event !== VENDOR.none) nameHost(hostStart, hostEnd);
  const found = event || eventAt(bytes, hostStart, end);
  if (found !== VENDOR.none) return found;
  if (isNamed && !isFirewallName(bytes, programStart, programEnd)) {
    // `Mar 10 2024 12:00:00 fw1: %ASA-6-302013: …`: the name, or a zone, stands where a program would.
    if (hostEnd !== hostStart || bytes[messageStart] !== 0x25) return VENDOR.none;
    if (!isZoneName(bytes, programStart, programEnd)) nameHost(programStart, programEnd);
    return asaAt(bytes, programStart, end);
  }
  if (isNamed) {
    const named = PROGRAMS.find(([name]) => isProgram(name, bytes, programStart, programEnd));
    if (named) {
      nameHost(hostStart, hostEnd);
      // What matters stands in the message's id and structured data, or in the message.
      firewallLine.messageStart = programEnd;
      return named[1];
    }
  }
  // RouterOS' own times end at its topics: no host stands there.
  if (isRouterOs(bytes, hostStart, end)) {
    firewallLine.messageStart = hostStart;
    return VENDOR.mikrotik;
  }
  let from = isNamed ? programStart : messageStart;
  while (from < end && (bytes[from] === BYTE.space || bytes[from] === BYTE.colon)) from += 1;
  const vendor = asaAt(bytes, from, end) || otherAt(bytes, from, end);
  if (vendor !== VENDOR.none) {
    nameHost(hostStart, hostEnd);
    return vendor;
  }
  // Where no host is named, the message begins where it would stand.
  return otherAt(bytes, hostStart, end);
}

/** An event of CEF or LEEF that begins at `at`. */
function eventAt(bytes: Uint8Array, at: number, end: number): Vendor | 0 {
  const first = bytes[at];
  if (first !== LETTER.c && first !== LETTER.l) return VENDOR.none;
  const vendor = EVENTS.find(
    ([name]) => startsWithAscii(bytes, name, at, end) && isEvent(bytes, at + name.length, end),
  );
  if (!vendor) return VENDOR.none;
  firewallLine.messageStart = at;
  return vendor[1];
}

/** Whether a version follows: `:0|`, `: 1|`, `:1.0|`, or the whole once more (`CEF: CEF:0|`). */
function isEvent(bytes: Uint8Array, colon: number, end: number): boolean {
  let at = colon + 1;
  while (at < end && bytes[at] === BYTE.space) at += 1;
  if (at >= end) return false;
  const first = bytes[at] as number;
  return (
    bytes[colon] === BYTE.colon &&
    ((first >= BYTE.zero && first <= BYTE.nine) || first === LETTER.c || first === LETTER.l)
  );
}

function nameHost(start: number, end: number): void {
  firewallLine.hostStart = start;
  firewallLine.hostEnd = end;
}

/** `UTC`, `MSK`, `CEST`. */
function isZoneName(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if ((bytes[i] as number) < 65 || (bytes[i] as number) > 90) return false;
  return end - start === 3 || end - start === 4;
}

/** Programs that relays put before what a firewall sent them. */
const RELAYED = ['CiscoASA', 'CiscoFTD'];
/** Programs whose messages are firewalls' own: the part of an SRX that tells of sessions; Check Point's Log Exporter. */
const PROGRAMS = [
  ['RT_FLOW', VENDOR.juniper],
  ['CheckPoint', VENDOR.checkPoint],
] as const;
const EVENTS = [
  ['CEF', VENDOR.cef],
  ['LEEF', VENDOR.leef],
] as const;
const LETTER = { c: 0x43, l: 0x4c };
const FIREWALL_NAMES: readonly string[] = [
  ...RELAYED,
  ...CHAINS,
  ...[...PROGRAMS, ...EVENTS].map(([name]) => name),
];

function isProgram(name: string, bytes: Uint8Array, start: number, end: number): boolean {
  return name.length === end - start && startsWithAscii(bytes, name, start, end);
}

/** Whether a program of this name is none but the beginning of a firewall's message, in which a colon comes, or one that hands on such messages. */
export function isFirewallName(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start] as number;
  if (first === 0x25 || (first >= BYTE.zero && first <= BYTE.nine)) return true;
  for (let i = start; i < end; i++) if (bytes[i] === 0x3d) return true;
  return FIREWALL_NAMES.some((name) => isProgram(name, bytes, start, end));
}

/** A line without a time at its beginning. */
function findBare(bytes: Uint8Array, start: number, end: number): Vendor | 0 {
  let at = start;
  if (bytes[at] === 0x3c) {
    while (at < end && at - start < 6 && bytes[at] !== 0x3e) at += 1;
    at += 1;
  }
  // EMBLEM puts a colon before the time: `<166>:Mar 10 2024 12:00:00 UTC: %ASA-session-6-302013: …`.
  if (bytes[at] === BYTE.colon && at < end) {
    const status = readSyslogHeader(bytes, at + 1, end);
    if (status === HEADER.ok) {
      firewallLine.hasTime = true;
      return asaAt(bytes, syslogHeader.hostStart, end);
    }
    at += 1;
  }
  while (at < end && bytes[at] === BYTE.space) at += 1;
  if (bytes[at + 3] === BYTE.slash) {
    const topicsAt = afterRouterOsTime(bytes, at, end);
    if (topicsAt === -1 || !isRouterOs(bytes, topicsAt, end)) return VENDOR.none;
    firewallLine.hasTime = true;
    firewallLine.messageStart = topicsAt;
    return VENDOR.mikrotik;
  }
  if (isAsaTag(bytes, at, end)) {
    firewallLine.messageStart = at + 5;
    return VENDOR.ciscoAsa;
  }
  return eventAt(bytes, at, end) || otherAt(bytes, at, end);
}

/** Behind `mar/02/2015 10:20:30 ` or `mar/02 10:20:30 `, as RouterOS 6 writes to its own files; −1 where there is no such time. */
function afterRouterOsTime(bytes: Uint8Array, at: number, end: number): number {
  const text = decodeUtf8(bytes, at, Math.min(end, at + LONGEST_ROUTER_TIME));
  const [whole, month = '', day = '', year, clock = ''] = ROUTER_TIME.exec(text) ?? [];
  if (whole === undefined) return -1;
  const date = year === undefined ? `${month} ${day}` : `${day}-${month}-${year}`;
  return parseTimeText(`${date} ${clock}`) ? at + whole.length : -1;
}

function isAsaTag(bytes: Uint8Array, at: number, end: number): boolean {
  return startsWithAscii(bytes, '%ASA-', at, end) || startsWithAscii(bytes, '%FTD-', at, end);
}

/** Cisco's tag at `from` or behind it; what stands between may be the firewall's own time, its name, a zone. */
function asaAt(bytes: Uint8Array, from: number, end: number): Vendor | 0 {
  const last = Math.min(end, from + FARTHEST_TAG);
  let at = from;
  while (at < last && bytes[at] !== 0x25) at += 1;
  if (at >= last || !isAsaTag(bytes, at, end)) return VENDOR.none;
  firewallLine.messageStart = at + 5;
  takeOwnTime(bytes, from, at);
  return VENDOR.ciscoAsa;
}

function takeOwnTime(bytes: Uint8Array, from: number, end: number): void {
  const { us, basis } = parsedTime;
  let at = from;
  while (at < end && (bytes[at] === BYTE.space || bytes[at] === BYTE.colon)) at += 1;
  let timeEnd = readSyslogTime(bytes, at, end);
  if (timeEnd === -1) timeEnd = readIsoTime(bytes, at, end);
  if (timeEnd !== -1 && parsedTime.basis >= basis) {
    parsedTime.us = us;
    parsedTime.basis = basis;
  }
  const zoneAt = timeEnd === -1 ? at : timeEnd + 1;
  const isUtc = startsWithAscii(bytes, 'UTC:', zoneAt, end) || startsWithAscii(bytes, 'GMT:', zoneAt, end);
  if (isUtc && parsedTime.basis === TIME_BASIS.local) parsedTime.basis = TIME_BASIS.absolute;
}

function otherAt(bytes: Uint8Array, at: number, end: number): Vendor | 0 {
  const first = bytes[at] as number;
  if (isNetscalerTime(bytes, at, end)) {
    firewallLine.messageStart = at;
    return VENDOR.netscaler;
  }
  if (first >= BYTE.zero && first <= BYTE.nine && sonicwallAt(bytes, at, end) === -1) {
    const { us, basis } = parsedTime;
    const isRecord = isPanosRecord(bytes, at, end);
    parsedTime.us = us;
    parsedTime.basis = basis;
    if (!isRecord) return VENDOR.none;
    firewallLine.messageStart = at;
    return VENDOR.panos;
  }
  const sonicwall = sonicwallAt(bytes, at, end);
  if (sonicwall !== -1) {
    firewallLine.messageStart = sonicwall;
    return VENDOR.sonicwall;
  }
  if (isRouterOs(bytes, at, end)) {
    firewallLine.messageStart = at;
    return VENDOR.mikrotik;
  }
  const isSophos =
    startsWithAscii(bytes, 'device=', at, end) || startsWithAscii(bytes, 'device_name=', at, end);
  if (isSophos && hasField(bytes, 'log_type=', at, end)) {
    firewallLine.messageStart = at;
    return VENDOR.sophos;
  }
  // Number, time and process of a Firebox stand before its message's id.
  if (hasField(bytes, 'msg_id="', at, Math.min(end, at + FARTHEST_TAG))) {
    firewallLine.messageStart = at;
    return VENDOR.watchguard;
  }
  if (!FIRST_FIELDS.some((field) => startsWithAscii(bytes, field, at, end))) return VENDOR.none;
  if (!hasField(bytes, 'logid=', at, end) && !hasField(bytes, 'devid=', at, end)) return VENDOR.none;
  firewallLine.messageStart = at;
  return VENDOR.fortigate;
}

/** `03/10/2024:12:00:00 `, which nobody else begins a line with. */
function isNetscalerTime(bytes: Uint8Array, at: number, end: number): boolean {
  const shape = NETSCALER_TIME;
  if (at + shape.length > end) return false;
  for (let i = 0; i < shape.length; i++) {
    const byte = bytes[at + i] as number;
    const isDigit = byte >= BYTE.zero && byte <= BYTE.nine;
    if (shape[i] === '0' ? !isDigit : byte !== shape.charCodeAt(i)) return false;
  }
  return true;
}

/** Where SonicWall's fields begin, here or behind the address that a receiver put before them; −1 where there are none. */
function sonicwallAt(bytes: Uint8Array, at: number, end: number): number {
  let from = at;
  if (!startsWithAscii(bytes, 'id=', from, end)) {
    const last = Math.min(end, at + LONGEST_ADDRESS);
    while (from < last && bytes[from] !== BYTE.space) from += 1;
    while (from < end && bytes[from] === BYTE.space) from += 1;
  }
  const isTheirs =
    startsWithAscii(bytes, 'id=', from, end) &&
    hasField(bytes, 'sn=', from, Math.min(end, from + FARTHEST_TAG));
  return isTheirs ? from : -1;
}

/** What RouterOS writes: topics between commas, the first of which is one of its own; or, as BSD syslog, the chain of a packet, or a login. */
function isRouterOs(bytes: Uint8Array, at: number, end: number): boolean {
  for (const topic of TOPICS) if (startsWithAscii(bytes, topic, at, end)) return true;
  if (startsWithAscii(bytes, 'login failure for user ', at, end)) return true;
  const behind = CHAINS.find((chain) => startsWithAscii(bytes, chain, at, end));
  return behind !== undefined && startsWithAscii(bytes, ': in:', at + behind.length, end);
}

function hasField(bytes: Uint8Array, name: string, start: number, end: number): boolean {
  for (let i = start; i + name.length <= end; i++) {
    const isStart = i === start || bytes[i - 1] === BYTE.space || bytes[i - 1] === BYTE.comma;
    if (isStart && startsWithAscii(bytes, name, i, end)) return true;
  }
  return false;
}

type MessagesOf = new (sink: RecordSink, event: LineEvent, isFile: boolean) => FirewallMessages;

const READERS: Readonly<Record<Vendor, MessagesOf>> = {
  [VENDOR.ciscoAsa]: AsaMessages,
  [VENDOR.fortigate]: FortigateMessages,
  [VENDOR.panos]: PanosMessages,
  [VENDOR.juniper]: JuniperMessages,
  [VENDOR.checkPoint]: CheckPointMessages,
  [VENDOR.cef]: EventMessages,
  [VENDOR.leef]: EventMessages,
  [VENDOR.sonicwall]: SonicwallMessages,
  [VENDOR.mikrotik]: MikrotikMessages,
  [VENDOR.netscaler]: NetscalerMessages,
  [VENDOR.sophos]: SophosMessages,
  [VENDOR.watchguard]: WatchguardMessages,
};

/** Messages of firewalls in one source, whichever vendor's. */
export class FirewallLines {
  readonly #sink: RecordSink;
  readonly #event: LineEvent;
  readonly #isFile: boolean;
  /** Made when the first line of a vendor comes. */
  readonly #readers = new Map<Vendor, FirewallMessages>();

  /** `isFile`: see `OpenConnections`. */
  constructor(sink: RecordSink, event: LineEvent, isFile: boolean) {
    this.#sink = sink;
    this.#event = event;
    this.#isFile = isFile;
  }

  /** Whether records were met whose other half may be anywhere in the file. */
  get hasHeld(): boolean {
    return [...this.#readers.values()].some((messages) => messages.hasHeld);
  }

  /** The message that `findFirewall` found last; the event holds its time, NaN where there is none. The reason when it cannot be read. */
  read(vendor: Vendor, bytes: Uint8Array, end: number): string | null {
    if (vendor === VENDOR.ciscoAsa && Number.isNaN(this.#event.us))
      return 'no time stands before the message, such as Mar 10 2024 12:00:00: the firewall was set to log without timestamps';
    let messages = this.#readers.get(vendor);
    if (!messages) {
      messages = new READERS[vendor](this.#sink, this.#event, this.#isFile);
      this.#readers.set(vendor, messages);
    }
    return messages.read(bytes, firewallLine.messageStart, end);
  }

  finish(): void {
    for (const messages of this.#readers.values()) messages.finish();
  }
}
