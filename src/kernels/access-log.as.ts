/**
 * Lines of web servers' access logs, from text to columns: `[vhost[:port] ]client - user [time zone] "METHOD path HTTP/v" status bytes`, alone or
 * with `"referer" "agent"` behind and whatever follows those. Any other line stops the run and is left to the caller, who reads
 * every line: nothing here may come out differently there.
 */
import { digitsAt, digitsBefore, others, valueOf } from './digits.as';
import { addressEnd, nameAddresses, readAddress } from './ipv4.as';
import { ROWS } from './memory.as';
import { layOut, stopAt } from './run.as';
import { afterTexts, textValue } from './texts.as';

export { text } from './memory.as';
export { stopped } from './run.as';

/** Kinds of text, as in `access-kernel-lines.ts`. */
const STRING: u32 = 1;
const VERB: u32 = 2;
const HOST: u32 = 3;
const PORT: u32 = 4;

export const timeUs: usize = afterTexts;
export const bytesReturned: usize = timeUs + ROWS * 8;
export const durationUs: usize = bytesReturned + ROWS * 8;
export const actorAddr: usize = durationUs + ROWS * 8;
export const principal: usize = actorAddr + ROWS * 4;
export const object: usize = principal + ROWS * 4;
export const agent: usize = object + ROWS * 4;
export const offset: usize = agent + ROWS * 4;
export const host: usize = offset + ROWS * 4;
export const servicePort: usize = host + ROWS * 4;
export const status: usize = servicePort + ROWS * 2;
export const verb: usize = status + ROWS * 2;
export const outcome: usize = verb + ROWS;
const end: usize = outcome + ROWS;

/** The time of 26 bytes (`10/Oct/2000:13:55:36 -0700`) at a place, in µs; NaN when that is none. */
// @ts-ignore: decorator
@external('env', 'timeAt')
declare function timeAt(at: usize): f64;
/** How long a request took (µs) by what stands behind the agent, from one place to another; NaN when that does not say. */
// @ts-ignore: decorator
@external('env', 'durationIn')
declare function durationIn(from: usize, to: usize): f64;

/** `␠- `, and `] "`, with the bytes of a word that they take. */
const IDENTITY: u32 = 0x202d20;
const TIME_END: u32 = 0x22205d;
const THREE_BYTES: u32 = 0xffffff;
const GET: u32 = 0x20544547;
/** `␠HTTP/` */
const HTTP: u64 = 0x2f5054544820;
const SIX_BYTES: u64 = 0xffffffffffff;
const SPACE: u8 = 32;
const QUOTE: u8 = 34;
const COMMA: u8 = 44;
const DASH: u8 = 45;
const NEWLINE: u8 = 10;
const RETURN: u8 = 13;
/** The longest user name and virtual host that are read here. */
const LONGEST_USER: usize = 64;
const LONGEST_HOST: usize = 128;
const LONGEST_METHOD: usize = 16;

/** As in `QUERY_VERB` and `QUERY_OUTCOME`. */
const READ: u32 = 1;
const SUCCESS: u8 = 1;
const DENIED: u8 = 2;
const ERROR: u8 = 3;


// The minute that was read last (`10/Oct/2000:13:55` and its zone), and its start.
let minuteLow: v128 = i64x2.splat(0);
let minuteLast: u8 = 0;
let minuteZone: u64 = 0;
let minuteUs: f64 = 0;

export function setUp(): void {
  layOut(end);
}

/**
 * Reads lines from `from` to `to` (behind a newline) into at most `room` rows from `first` on; returns how many. `toOffset`: what to add to
 * a place in memory for the value of the column `offset`, modulo 2^32.
 */
export function run(from: usize, to: usize, toOffset: u32, first: u32, room: u32): u32 {
  const last = first + room;
  let row = first;
  let at = from;
  for (; row < last && at < to; row++) {
    const next = readLine(at, row);
    if (next == 0) break;
    store<u32>(offset + (<usize>row << 2), <u32>at + toOffset);
    at = next;
  }
  stopAt(at);
  const count = row - first;
  nameAddresses(actorAddr + (<usize>first << 2), count);
  return count;
}

/** One line to a row. Returns where the next line starts; 0 when it is not plain. */
// @ts-ignore: decorator
@inline
function readLine(at: usize, row: u32): usize {
  let client = readAddress(at, row, 0);
  let hostEnd: usize = at;
  if (addressEnd == 0) {
    hostEnd = endOfHost(at);
    if (hostEnd == 0) return 0;
    client = readAddress(hostEnd + 1, row, 0);
  }
  if (addressEnd == 0 || (load<u32>(addressEnd) & THREE_BYTES) != IDENTITY) return 0;
  const userAt = addressEnd + 3;
  let open = userAt;
  let userId: u32 = 0;
  if (load<u16>(userAt) == 0x202d) open += 2;
  else {
    open = endOfUser(userAt);
    if (open == 0) return 0;
    userId = textValue(userAt, open, STRING);
    open += 1;
  }
  if (load<u8>(open) != 91) return 0;
  const us = time(open + 1);
  if (isNaN(us) || (load<u32>(open, 27) & THREE_BYTES) != TIME_END) return 0;

  const request = open + 30;
  const requestEnd = closingQuote(request);
  if (requestEnd == 0) return 0;
  const pathEnd = endOfPath(requestEnd);
  const isGet = load<u32>(request) == GET;
  const path = isGet ? request + 4 : endOfMethod(request) + 1;
  if (path == 1 || pathEnd <= path) return 0;
  if (pathEnd == path + 1 && load<u8>(path) == DASH) return 0;

  const statusAt = requestEnd + 2;
  const statusDigits = digitsBefore(statusAt + 3, 3);
  if (load<u8>(requestEnd, 1) != SPACE || others(statusDigits) != 0 || load<u8>(statusAt, 3) != SPACE) return 0;
  const code = <u32>valueOf(statusDigits);

  const sizeAt = statusAt + 4;
  let sizeEnd = sizeAt + 1;
  let size: f64 = 0;
  if (load<u8>(sizeAt) != DASH) {
    const length = ctz(others(digitsAt(sizeAt))) >>> 3;
    // Sizes of eight digits and more are rare.
    if (length == 0 || length > 7) return 0;
    sizeEnd = sizeAt + <usize>length;
    size = <f64>(<i64>valueOf(digitsBefore(sizeEnd, length)));
  }

  let agentId: u32 = 0;
  let duration: f64 = NaN;
  let newline = sizeEnd;
  if (load<u16>(sizeEnd) == 0x2220) {
    const refererEnd = closingQuote(sizeEnd + 2);
    if (refererEnd == 0 || load<u16>(refererEnd, 1) != 0x2220) return 0;
    const agentAt = refererEnd + 3;
    const agentEnd = closingQuote(agentAt);
    if (agentEnd == 0) return 0;
    if (agentEnd != agentAt + 1 || load<u8>(agentAt) != DASH) {
      agentId = agentEnd == agentAt ? 0 : textValue(agentAt, agentEnd, STRING);
    }
    newline = agentEnd + 1;
    if (load<u8>(newline) == SPACE) {
      newline = endOfLine(newline);
      duration = durationIn(agentEnd + 2, newline);
    }
  }
  if (load<u8>(newline) == RETURN) newline += 1;
  if (load<u8>(newline) != NEWLINE) return 0;

  const index = <usize>row;
  store<f64>(timeUs + (index << 3), us);
  store<f64>(bytesReturned + (index << 3), size);
  store<f64>(durationUs + (index << 3), duration);
  store<u32>(actorAddr + (index << 2), client);
  store<u32>(principal + (index << 2), userId);
  store<u32>(object + (index << 2), textValue(path, pathEnd, STRING));
  store<u32>(agent + (index << 2), agentId);
  store<u32>(host + (index << 2), hostEnd == at ? 0 : textValue(at, hostEnd, HOST));
  store<u16>(servicePort + (index << 1), hostEnd == at ? 0 : <u16>textValue(at, hostEnd, PORT));
  store<u16>(status + (index << 1), <u16>code);
  store<u8>(verb + index, <u8>(isGet ? READ : textValue(request, requestEnd, VERB)));
  store<u8>(outcome + index, outcomeOf(code));
  return newline + 1;
}

// @ts-ignore: decorator
@inline
function outcomeOf(code: u32): u8 {
  if (code < 400) return code >= 100 ? SUCCESS : 0;
  return code == 401 || code == 403 || code == 407 ? DENIED : ERROR;
}

/** Where the blank behind a virtual host with its port is; 0 when there is none, or one of several clients. */
function endOfHost(at: usize): usize {
  let to = at;
  while (load<u8>(to) > SPACE && load<u8>(to) != 91 && to - at < LONGEST_HOST) to += 1;
  return to > at && load<u8>(to) == SPACE && load<u8>(to - 1) != COMMA ? to : 0;
}

/** Where the blank behind a user name without blanks and brackets is; 0 when it is none. */
function endOfUser(at: usize): usize {
  let to = at;
  while (load<u8>(to) > SPACE && load<u8>(to) != 91 && to - at < LONGEST_USER) to += 1;
  return to > at && load<u8>(to) == SPACE ? to : 0;
}

/** The time at `at` in µs, NaN when there is none. Neighboring lines mostly share its minute: only another one is the caller's to read. */
// @ts-ignore: decorator
@inline
function time(at: usize): f64 {
  const low = v128.load(at);
  const zone = load<u64>(at + 18) >>> 16;
  if (v128.any_true(v128.xor(low, minuteLow)) || load<u8>(at, 16) != minuteLast || zone != minuteZone) {
    if (!readMinute(at)) return NaN;
  }
  const tens = <u32>load<u8>(at, 18) - 48;
  const ones = <u32>load<u8>(at, 19) - 48;
  if (tens > 5 || ones > 9 || load<u8>(at, 17) != 58) return NaN;
  return minuteUs + <f64>(tens * 10 + ones) * 1e6;
}

function readMinute(at: usize): bool {
  const us = timeAt(at);
  if (isNaN(us)) return false;
  const seconds = (<u32>load<u8>(at, 18) - 48) * 10 + <u32>load<u8>(at, 19) - 48;
  minuteLow = v128.load(at);
  minuteLast = load<u8>(at, 16);
  minuteZone = load<u64>(at + 18) >>> 16;
  minuteUs = us - <f64>seconds * 1e6;
  return true;
}

/** Where the quote is that ends the text at `at`, a backslash escaping what follows; 0 when the line ends first. */
// @ts-ignore: decorator
@inline
function closingQuote(at: usize): usize {
  let from = at;
  let byte: u8 = 0;
  do {
    let found = marksIn(from);
    while (found == 0) {
      from += 16;
      found = marksIn(from);
    }
    from += <usize>ctz(found);
    byte = load<u8>(from);
    if (byte == QUOTE) return from;
    from += 2;
    // A backslash at the end of the line escapes nothing.
  } while (byte != NEWLINE && load<u8>(from - 1) != NEWLINE);
  return 0;
}

/** A bit for each quote, backslash and newline in the 16 bytes at `at`. */
// @ts-ignore: decorator
@inline
function marksIn(at: usize): i32 {
  const bytes = v128.load(at);
  const escapes = v128.or(i8x16.eq(bytes, i8x16.splat(34)), i8x16.eq(bytes, i8x16.splat(92)));
  return i8x16.bitmask(v128.or(escapes, i8x16.eq(bytes, i8x16.splat(10))));
}

/** Where the path of a request that ends at `to` does: at the blank before `HTTP/1.1` or `HTTP/2`. 0 when there is none. */
// @ts-ignore: decorator
@inline
function endOfPath(to: usize): usize {
  if ((load<u64>(to - 9) & SIX_BYTES) == HTTP) return to - 9;
  return (load<u64>(to - 7) & SIX_BYTES) == HTTP ? to - 7 : 0;
}

/** Where the blank behind a method is; 0 when it is none. */
function endOfMethod(at: usize): usize {
  let to = at;
  for (; to - at <= LONGEST_METHOD; to++) {
    const byte = load<u8>(to);
    if (byte == SPACE) return to > at ? to : 0;
    const letter = byte | 32;
    if ((letter < 97 || letter > 122) && byte != 95) return 0;
  }
  return 0;
}

/** Where the line at `at` ends: without its carriage return and blanks. */
function endOfLine(at: usize): usize {
  let to = at;
  while (load<u8>(to) != NEWLINE) to += 1;
  if (load<u8>(to - 1) == RETURN) to -= 1;
  return to;
}
