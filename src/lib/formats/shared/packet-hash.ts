/**
 * Hash of one end of a conversation: the address in four words from `at` on, and its port. The seed goes in before every word, so that who chooses the
 * words and does not know it cannot choose many with one hash. The port is mixed in on its own: ports that count up with addresses would cancel them out.
 */
export function endHash(words: Uint32Array, at: number, port: number, seed: number): number {
  let h = seed ^ (words[at] as number);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b) + seed;
  h = Math.imul(h ^ (h >>> 13) ^ (words[at + 1] as number), 0xc2b2ae35) + seed;
  h = Math.imul(h ^ (h >>> 15) ^ (words[at + 2] as number), 0x85ebca6b) + seed;
  h = Math.imul(h ^ (h >>> 13) ^ (words[at + 3] as number), 0xc2b2ae35) + seed;
  h = Math.imul((h ^ (h >>> 16)) + port, 0x27d4eb2f);
  return h ^ (h >>> 15);
}
