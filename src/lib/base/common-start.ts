/** Fewer characters in common say nothing of what files are. */
const FEWEST = 4;
const SEPARATOR = /[\s._\-/]/;

/**
 * What names begin with that differ only in a date, a number or a hash: `218007301253_CloudTrail_us-east-1` of a trail's deliveries, `auth.log` of a
 * log and its rotated files. Whole words only; empty where they have nothing to speak of in common.
 */
export function commonStart(names: readonly string[]): string {
  const [first] = names;
  if (first === undefined) return '';
  let length = first.length;
  for (const name of names) {
    let same = 0;
    while (same < length && name[same] === first[same]) same += 1;
    length = same;
  }
  const isWhole = names.every((name) => name.length === length || SEPARATOR.test(name[length] ?? ''));
  if (!isWhole) while (length > 0 && !SEPARATOR.test(first[length - 1] ?? '')) length -= 1;
  while (length > 0 && SEPARATOR.test(first[length - 1] ?? '')) length -= 1;
  return length < FEWEST ? '' : first.slice(0, length);
}
