import { afterAddresses } from './ipv4.as';

/**
 * What texts stand for (ids in a dictionary, protocols, states), by their bytes: those that come again never leave the kernel. A cache, not
 * a dictionary: it forgets, and asks again.
 */

const BUCKETS: usize = 4096;
/** Four texts: their hashes, then kinds and lengths, places in the pool, values. */
const BUCKET_BYTES: usize = 64;
const POOL_BYTES: usize = 1 << 20;
/** Longer texts are asked for each time. */
const LONGEST: usize = 512;

const buckets: usize = afterAddresses;
const pool: usize = buckets + BUCKETS * BUCKET_BYTES;
export const afterTexts: usize = pool + POOL_BYTES + 64;

const K: u64 = 0x9e3779b97f4a7c15;

let poolAt: usize = pool;
let turn: usize = 0;

/** What the text between two places in memory stands for. */
// @ts-ignore: decorator
@external('env', 'nameText')
export declare function nameText(from: usize, to: usize, kind: u32): u32;

/** The same, from memory where it can be. `kind`, at least 1: texts of different kinds stand for different things. */
export function textValue(from: usize, to: usize, kind: u32): u32 {
  const length = to - from;
  if (length > LONGEST) return nameText(from, to, kind);
  const hash = hashOf(from, length, kind);
  const tag = (kind << 16) | <u32>length;
  const bucket = buckets + (<usize>hash & (BUCKETS - 1)) * BUCKET_BYTES;
  let found = i32x4.bitmask(
    v128.and(
      i32x4.eq(v128.load(bucket), i32x4.splat(<i32>hash)),
      i32x4.eq(v128.load(bucket, 16), i32x4.splat(<i32>tag)),
    ),
  );
  for (; found != 0; found &= found - 1) {
    const slot = bucket + (<usize>ctz(found) << 2);
    if (isSame(from, <usize>load<u32>(slot, 32), length)) return load<u32>(slot, 48);
  }
  const value = nameText(from, to, kind);
  keep(from, length, bucket, hash, tag, value);
  return value;
}

/** What texts stand for is asked anew. */
export function forgetTexts(): void {
  memory.fill(buckets, 0, BUCKETS * BUCKET_BYTES);
  poolAt = pool;
}

function keep(from: usize, length: usize, bucket: usize, hash: u32, tag: u32, value: u32): void {
  if (poolAt + length > pool + POOL_BYTES) forgetTexts();
  let slot = bucket;
  let left = 4;
  while (left > 0 && load<u32>(slot, 16) != 0) {
    slot += 4;
    left -= 1;
  }
  if (left == 0) {
    slot = bucket + ((turn & 3) << 2);
    turn += 1;
  }
  memory.copy(poolAt, from, length);
  store<u32>(slot, hash);
  store<u32>(slot, tag, 16);
  store<u32>(slot, <u32>poolAt, 32);
  store<u32>(slot, value, 48);
  poolAt += length;
}

/** Multiplies and rotates, eight bytes at a time: in two lanes, since each step waits for the one before it. */
// @ts-ignore: decorator
@inline
function hashOf(from: usize, length: usize, kind: u32): u32 {
  let even: u64 = (<u64>length << 8) | kind;
  let odd: u64 = K;
  let at = from;
  const to = from + length;
  for (; at + 16 <= to; at += 16) {
    even = (rotl(even, 5) ^ load<u64>(at)) * K;
    odd = (rotl(odd, 5) ^ load<u64>(at, 8)) * K;
  }
  if (at + 8 <= to) {
    even = (rotl(even, 5) ^ load<u64>(at)) * K;
    at += 8;
  }
  if (at < to) odd = (rotl(odd, 5) ^ (load<u64>(at) & (~(<u64>0) >>> ((8 - (to - at)) << 3)))) * K;
  const mixed = (even ^ rotl(odd, 23)) * K;
  return <u32>(mixed >>> 32);
}

/** Whether the bytes in two places are the same, so many of them. */
// @ts-ignore: decorator
@inline
export function isSame(from: usize, held: usize, length: usize): bool {
  let at: usize = 0;
  for (; at + 16 <= length; at += 16) {
    if (v128.any_true(v128.xor(v128.load(from + at), v128.load(held + at)))) return false;
  }
  const differ = ~i8x16.bitmask(i8x16.eq(v128.load(from + at), v128.load(held + at)));
  return (differ & ((1 << <i32>(length - at)) - 1)) == 0;
}
