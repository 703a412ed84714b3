/**
 * What sshd writes to syslog, from text to columns: lines that begin with an RFC 3164 or ISO 8601 time, a host and `sshd[pid]: `, and go on
 * with one of the messages that the caller has listed. Lines of other programs that give no row are counted. Any other line stops the run and
 * is left to the caller, who reads every line: nothing here may come out differently there.
 */
import { digitsAt, others, valueOf } from './digits.as';
import { addressEnd, nameAddresses, readAddress } from './ipv4.as';
import { ROWS, text } from './memory.as';
import { addQuietText, afterPrograms, countOther } from './other-programs.as';
import { layOut, stopAt } from './run.as';
import { basis, hostId, lineUs, pid, readSshd, readTime } from './syslog-header.as';
import { textValue } from './texts.as';
import { nextLine, tokenEnd } from './tokens.as';

export { text };
export { counted } from './other-programs.as';
export { stopped } from './run.as';

/** Messages that the caller may list, and the bytes that one takes: the text it begins with, then what is to be known of it. */
const MESSAGES: usize = 128;
const MESSAGE_BYTES: usize = 96;
const LONGEST_START: u32 = 80;
const LENGTH: usize = 80;
const SHAPE: usize = 81;
const OUTCOME: usize = 82;
const METHOD: usize = 83;
const NEXT: usize = 84;

/** Known messages, and the first of those that begin with a byte. */
const messages: usize = afterPrograms;
const firsts: usize = messages + MESSAGES * MESSAGE_BYTES;
export const timeUs: usize = firsts + 256 * 4;
export const actorAddr: usize = timeUs + ROWS * 8;
export const actorName: usize = actorAddr + ROWS * 4;
export const host: usize = actorName + ROWS * 4;
export const service: usize = host + ROWS * 4;
export const user: usize = service + ROWS * 4;
export const key: usize = user + ROWS * 4;
export const process: usize = key + ROWS * 4;
export const offset: usize = process + ROWS * 4;
export const lineAdjust: usize = offset + ROWS * 4;
export const actorPort: usize = lineAdjust + ROWS * 4;
export const method: usize = actorPort + ROWS * 2;
export const outcome: usize = method + ROWS;
export const timeBasis: usize = outcome + ROWS;
const end: usize = timeBasis + ROWS;

/** `SHAPE` of `sshd-kernel-lines.ts`: what follows the text that a message begins with. */
const USER_KEY_FROM_PEER: u32 = 1;
const USER_AND_PEER: u32 = 2;
const PEER: u32 = 3;
const SESSION_USER: u32 = 4;
const NOTHING: u32 = 5;

const STRING: u32 = 1;
const FROM: u32 = 0x6d6f7266;
const PORT: u32 = 0x74726f70;
const SSH: u32 = 0x68737320;
const PREAUTH: u64 = 0x7475616572705b20;
let serviceId: u32 = 0;
let messageCount: usize = 0;
let lineCount: u32 = 0;
let skippedCount: u32 = 0;

// Of the line being read.
let userFrom: usize = 0;
let userTo: usize = 0;
let keyFrom: usize = 0;
let keyTo: usize = 0;
let address: u32 = 0;
let port: u32 = 0;

/** Lines that the last run read. */
export function lines(): u32 {
  return lineCount;
}

/** Lines of the last run that give no row. */
export function skipped(): u32 {
  return skippedCount;
}

export function setUp(): void {
  layOut(end);
}

/** Id of the text `sshd`. */
export function setService(id: u32): void {
  serviceId = id;
}

/** Lists a message that begins with the `length` bytes (at most LONGEST_START) that lie where text does; those listed before it are tried first. */
export function addMessage(length: u32, shape: u32, outcomeValue: u32, methodValue: u32): bool {
  if (messageCount == MESSAGES || length > LONGEST_START || length == 0) return false;
  const added = messages + messageCount * MESSAGE_BYTES;
  messageCount += 1;
  memory.copy(added, text, length);
  store<u8>(added, <u8>length, LENGTH);
  store<u8>(added, <u8>shape, SHAPE);
  store<u8>(added, <u8>outcomeValue, OUTCOME);
  store<u8>(added, <u8>methodValue, METHOD);
  let link = firsts + (<usize>load<u8>(added) << 2);
  while (load<u32>(link) != 0) link = <usize>load<u32>(link) + NEXT;
  store<u32>(link, <u32>added);
  return true;
}

/** Lists what PAM's messages in other programs that give no row begin with: the `length` bytes that lie where text does. */
export function addQuiet(length: u32): bool {
  return addQuietText(text, length);
}

/**
 * Reads lines from `from` to `to` (behind a newline) into at most `room` rows from `first` on; returns how many. `toOffset`: what to add to a
 * place in memory for the value of the column `offset`, modulo 2^32. `toLine`: the same for a line's number in the run and `lineAdjust`.
 */
export function run(from: usize, to: usize, toOffset: u32, first: u32, room: u32, toLine: u32): u32 {
  const last = first + room;
  let row = first;
  let at = from;
  lineCount = 0;
  skippedCount = 0;
  for (; row < last && at < to; lineCount++) {
    const origin = readTime(at);
    if (origin == 0) break;
    const start = readSshd(origin);
    if (start == 0) {
      const behind = countOther(origin);
      if (behind == 0) break;
      at = behind;
      continue;
    }
    const message = messageAt(start);
    if (message == 0) break;
    const next = readMessage(start, message, row);
    if (next == 0) break;
    if (<u32>load<u8>(message, SHAPE) == NOTHING) {
      skippedCount += 1;
      at = next;
      continue;
    }
    const index = <usize>row;
    store<f64>(timeUs + (index << 3), <f64>lineUs);
    store<u32>(actorAddr + (index << 2), address);
    store<u32>(actorName + (index << 2), 0);
    store<u32>(host + (index << 2), hostId);
    store<u32>(service + (index << 2), serviceId);
    store<u32>(user + (index << 2), userTo > userFrom ? textValue(userFrom, userTo, STRING) : 0);
    store<u32>(key + (index << 2), keyTo > keyFrom ? textValue(keyFrom, keyTo, STRING) : 0);
    store<u32>(process + (index << 2), pid);
    store<u32>(offset + (index << 2), <u32>at + toOffset);
    store<u32>(lineAdjust + (index << 2), toLine + lineCount - row);
    store<u16>(actorPort + (index << 1), <u16>port);
    store<u8>(method + index, load<u8>(message, METHOD));
    store<u8>(outcome + index, load<u8>(message, OUTCOME));
    store<u8>(timeBasis + index, basis);
    row += 1;
    at = next;
  }
  stopAt(at);
  const count = row - first;
  nameAddresses(actorAddr + (<usize>first << 2), count);
  return count;
}

/** The message that the text at `at` begins with, or 0. */
// @ts-ignore: decorator
@inline
function messageAt(at: usize): usize {
  let message = <usize>load<u32>(firsts + (<usize>load<u8>(at) << 2));
  while (message != 0 && !beginsWith(at, message)) message = <usize>load<u32>(message, NEXT);
  return message;
}

// @ts-ignore: decorator
@inline
function beginsWith(at: usize, message: usize): bool {
  const length = <usize>load<u8>(message, LENGTH);
  if (length < 16) {
    const same = i8x16.bitmask(i8x16.eq(v128.load(at), v128.load(message)));
    return (~same & ((1 << <i32>length) - 1)) == 0;
  }
  // The first 16 bytes, the last and what lies between them; places between may be looked at twice.
  const last = length - 16;
  let differ = v128.xor(v128.load(at), v128.load(message));
  differ = v128.or(differ, v128.xor(v128.load(at + last), v128.load(message + last)));
  for (let i: usize = 16; i < last; i += 16) differ = v128.or(differ, v128.xor(v128.load(at + i), v128.load(message + i)));
  return !v128.any_true(differ);
}

/** Reads what follows the beginning of a message; returns where the next line starts, or 0. */
// @ts-ignore: decorator
@inline
function readMessage(start: usize, message: usize, row: u32): usize {
  const at = start + <usize>load<u8>(message, LENGTH);
  const shape = <u32>load<u8>(message, SHAPE);
  userFrom = userTo = 0;
  keyFrom = keyTo = 0;
  port = 0;
  if (shape <= USER_KEY_FROM_PEER) return userFromPeer(at, row, shape == USER_KEY_FROM_PEER);
  if (shape == USER_AND_PEER) return userAndPeer(at, row);
  if (shape == PEER) return peer(at, row);
  address = 0;
  if (shape == NOTHING) return nextLine(at);
  return sessionUser(at);
}

/** `<user> from <address>[ port <n>][ ssh2[: <key>]][ [preauth]]`, the user without blanks. */
function userFromPeer(at: usize, row: u32, hasKey: bool): usize {
  const to = tokenEnd(at);
  if (load<u8>(to) != 32 || load<u32>(to, 1) != FROM || load<u8>(to, 5) != 32) return 0;
  // A user called `from`: which of two is the word and which the name is for the caller to say.
  if (to - at == 4 && load<u32>(at) == FROM) return 0;
  userFrom = at;
  userTo = to;
  address = readAddress(to + 6, row, 0);
  if (addressEnd == 0) return 0;
  let behind = addressEnd;
  if (load<u8>(behind) == 32 && load<u32>(behind, 1) == PORT && load<u8>(behind, 5) == 32) {
    behind = readPort(behind + 6);
    if (behind == 0) return 0;
  }
  if (load<u32>(behind) == SSH && load<u8>(behind, 4) == 50) {
    behind += 5;
    if (hasKey && load<u8>(behind) == 58) return load<u8>(behind, 1) == 32 ? readKey(behind + 2) : 0;
  }
  return lineEnd(behind);
}

/** `RSA SHA256:…`, up to the end of the line. */
function readKey(at: usize): usize {
  const kindTo = tokenEnd(at);
  if (kindTo == at || load<u8>(kindTo) != 32) return 0;
  keyFrom = kindTo + 1;
  keyTo = tokenEnd(keyFrom);
  if (keyTo == keyFrom) return 0;
  for (let i = keyFrom; i < keyTo; i++) if (load<u8>(i) == 44) return 0;
  const byte = load<u8>(keyTo);
  return byte == 10 || byte == 13 ? lineEnd(keyTo) : 0;
}

/** `<address>[ port <n>]`, or an address and a colon, and then anything. */
function peer(at: usize, row: u32): usize {
  address = readAddress(at, row, 0);
  // A colon at the end is not the address', unless it is one that ends with `::`.
  if (addressEnd == 0 || load<u8>(addressEnd - 1) == 58) return 0;
  let behind = addressEnd;
  const byte = load<u8>(behind);
  if (byte == 32) {
    if (load<u32>(behind, 1) == PORT && load<u8>(behind, 5) == 32) behind = readPort(behind + 6);
  } else if (byte == 58 || byte == 44) {
    if (load<u8>(behind, 1) != 32) return 0;
  } else return lineEnd(behind);
  return behind == 0 ? 0 : nextLine(behind);
}

/** `<user> <address> port <n>[ [preauth]]`, the user without blanks. */
function userAndPeer(at: usize, row: u32): usize {
  const to = tokenEnd(at);
  if (load<u8>(to) != 32) return 0;
  userFrom = at;
  userTo = to;
  address = readAddress(to + 1, row, 0);
  if (addressEnd == 0) return 0;
  if (load<u8>(addressEnd) != 32 || load<u32>(addressEnd, 1) != PORT || load<u8>(addressEnd, 5) != 32) return 0;
  const behind = readPort(addressEnd + 6);
  return behind == 0 ? 0 : lineEnd(behind);
}

/** `<user>`, ended by a blank or `(`, and then anything. */
function sessionUser(at: usize): usize {
  userFrom = at;
  userTo = tokenEnd(at);
  for (let i = at; i < userTo; i++) {
    if (load<u8>(i) == 40) userTo = i;
  }
  const byte = load<u8>(userTo);
  return byte == 32 || byte == 40 ? nextLine(userTo) : lineEnd(userTo);
}

/** A port number at `at` to `port`; returns what is behind it, or 0. */
// @ts-ignore: decorator
@inline
function readPort(at: usize): usize {
  const digits = digitsAt(at);
  const count = ctz(others(digits)) >>> 3;
  if (count - 1 > 4) return 0;
  const value = <u32>valueOf(digits << (64 - (count << 3)));
  if (value > 65535) return 0;
  port = value;
  return at + <usize>count;
}

/** Behind the newline that stands at `at`, ` [preauth]` before it or not; 0 when there is anything else. */
// @ts-ignore: decorator
@inline
function lineEnd(at: usize): usize {
  let to = at;
  if (load<u64>(to) == PREAUTH && load<u8>(to, 8) == 104 && load<u8>(to, 9) == 93) to += 10;
  if (load<u8>(to) == 13) to += 1;
  return load<u8>(to) == 10 ? to + 1 : 0;
}
