/** Words and lines: where they end. */

/** Host names and users up to this length are read here. */
const LONGEST_TOKEN: usize = 64;

/** Behind the next newline. */
export function nextLine(at: usize): usize {
  let to = at;
  let newlines = i8x16.bitmask(i8x16.eq(v128.load(to), i8x16.splat(10)));
  while (newlines == 0) {
    to += 16;
    newlines = i8x16.bitmask(i8x16.eq(v128.load(to), i8x16.splat(10)));
  }
  return to + <usize>ctz(newlines) + 1;
}

/** Where the first blank or control character is, LONGEST_TOKEN bytes ahead at most. */
// @ts-ignore: decorator
@inline
export function tokenEnd(at: usize): usize {
  const near = i8x16.bitmask(i8x16.lt_u(v128.load(at), i8x16.splat(33)));
  return near != 0 ? at + <usize>ctz(near) : farTokenEnd(at);
}

function farTokenEnd(at: usize): usize {
  for (let to = at + 16; to < at + LONGEST_TOKEN; to += 16) {
    const blanks = i8x16.bitmask(i8x16.lt_u(v128.load(to), i8x16.splat(33)));
    if (blanks != 0) return to + <usize>ctz(blanks);
  }
  return at + LONGEST_TOKEN;
}
