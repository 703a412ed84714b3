/**
 * Lines of syslog that only count: those of programs of which the caller says that such a message gives no row. Any other line is left to the
 * caller.
 */
import { afterTexts, isSame, textValue } from './texts.as';
import { nextLine, tokenEnd } from './tokens.as';

/** Kind of text; as in `counted-programs.ts`. */
const PROGRAM: u32 = 2;
/** Programs that are told apart, and one more, since 0 is none. */
const PROGRAMS: usize = 256;
/** Beginnings of PAM's messages that give no row, and the bytes that one takes: its length, then its text. */
const QUIET: usize = 16;
const QUIET_BYTES: usize = 64;
const LONGEST_QUIET: u32 = 56;
const LONGEST_NAME: usize = 48;
/** The most that may stand between the brackets behind a name. */
const LONGEST_PID: i32 = 15;

const PAM: u32 = 0x5f6d6170;
/** `[ID `, which Solaris puts before a message. */
const ID: u32 = 0x2044495b;

const counts: usize = afterTexts;
const quiet: usize = counts + PROGRAMS * 4;
export const afterPrograms: usize = quiet + QUIET * QUIET_BYTES;

let quietCount: usize = 0;

/** Lists what PAM's messages without a row begin with: the `length` bytes at `from`. */
export function addQuietText(from: usize, length: u32): bool {
  if (quietCount == QUIET || length > LONGEST_QUIET) return false;
  const added = quiet + quietCount * QUIET_BYTES;
  quietCount += 1;
  store<u32>(added, length);
  memory.copy(added + 4, from, length);
  return true;
}

/** Lines of a program that were counted since this was last asked. */
export function counted(program: u32): u32 {
  const place = counts + (<usize>program << 2);
  const count = load<u32>(place);
  store<u32>(place, 0);
  return count;
}

/** The line whose host is at `at`; returns where the next line starts, or 0 when this one is none that only counts. */
export function countOther(at: usize): usize {
  const hostTo = tokenEnd(at);
  // `Mar 11 09:39:39 cron: …`: no host, and a program.
  if (hostTo == at || load<u8>(hostTo) != 32 || load<u8>(hostTo - 1) == 58) return 0;
  const name = hostTo + 1;
  const nameTo = nameEnd(name);
  if (nameTo == name) return 0;
  let start = load<u8>(nameTo) == 91 ? behindBracket(nameTo) : nameTo;
  if (start == 0 || load<u8>(start) != 58 || load<u8>(start, 1) != 32) return 0;
  start += 2;
  while (load<u8>(start) == 32) start += 1;
  if (load<u8>(start) < 33 || load<u32>(start) == ID) return 0;
  // Twice the program's number, and 1 where it is the kernel, which tells of packets; 0 for one that the caller reads.
  const program = textValue(name, nameTo, PROGRAM);
  if (program == 0) return 0;
  let next: usize = 0;
  if ((program & 1) != 0) next = endWithoutPacket(start);
  else if (load<u32>(start) != PAM || isQuiet(start)) next = nextLine(start);
  if (next == 0) return 0;
  const place = counts + (<usize>(program >>> 1) << 2);
  store<u32>(place, load<u32>(place) + 1);
  return next;
}

/** Where the `[` or `:` behind the program's name is; `at` when there is none. */
// @ts-ignore: decorator
@inline
function nameEnd(at: usize): usize {
  for (let to = at; to < at + LONGEST_NAME; to += 16) {
    const bytes = v128.load(to);
    const isEnd = v128.or(i8x16.eq(bytes, i8x16.splat(91)), i8x16.eq(bytes, i8x16.splat(58)));
    const ends = i8x16.bitmask(v128.or(isEnd, i8x16.lt_u(bytes, i8x16.splat(33))));
    if (ends == 0) continue;
    const end = to + <usize>ctz(ends);
    return load<u8>(end) > 32 ? end : at;
  }
  return at;
}

/** Behind the `]` that closes the bracket at `at`; 0 when it is far or there is a blank before it. */
// @ts-ignore: decorator
@inline
function behindBracket(at: usize): usize {
  const bytes = v128.load(at + 1);
  const closes = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(93)));
  const blanks = i8x16.bitmask(i8x16.lt_u(bytes, i8x16.splat(33)));
  const length = ctz(closes);
  return length <= LONGEST_PID && (blanks & ((1 << length) - 1)) == 0 ? at + 2 + <usize>length : 0;
}

function isQuiet(at: usize): bool {
  for (let text = quiet; text < quiet + quietCount * QUIET_BYTES; text += QUIET_BYTES)
    if (isSame(at, text + 4, <usize>load<u32>(text))) return true;
  return false;
}

/** Behind the next newline; 0 when `N=` or `T=` comes before it, as in the `IN=` or `OUT=` of a packet. */
function endWithoutPacket(at: usize): usize {
  for (let to = at; ; to += 16) {
    const bytes = v128.load(to);
    const isLetter = v128.or(i8x16.eq(bytes, i8x16.splat(78)), i8x16.eq(bytes, i8x16.splat(84)));
    const packets = i8x16.bitmask(v128.and(isLetter, i8x16.eq(v128.load(to, 1), i8x16.splat(61))));
    const newlines = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(10)));
    if (newlines == 0 && packets == 0) continue;
    if (newlines == 0 || (packets & ((newlines & -newlines) - 1)) != 0) return 0;
    return to + <usize>ctz(newlines) + 1;
  }
}
