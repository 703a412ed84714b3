/** Whether a file name fits a pattern with `*` (any run) and `?` (any one character). Matches the whole path or its last part. */
export function globMatches(pattern: string, name: string): boolean {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  const whole = new RegExp(`^${escaped}$`, 's');
  return whole.test(name) || whole.test(name.slice(name.lastIndexOf('/') + 1));
}
