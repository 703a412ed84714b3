import type { Head } from '../format';

const SNIFFED_CHARS = 65_536;

/**
 * Which keys stand in the head of JSON text, whatever its shape (lines, an array, a wrapper object, quoted once more inside a message): a
 * function that tells for one key. Null when the head is no JSON.
 */
export function jsonKeys(head: Head): ((key: string) => boolean) | null {
  const start = head.text.slice(0, SNIFFED_CHARS);
  if (!/^\s*[[{]/.test(start)) return null;
  const text = start.includes('\\"') ? start.replaceAll('\\"', '"') : start;
  return (key) => {
    const quoted = `"${key}"`;
    for (let at = text.indexOf(quoted); at !== -1; at = text.indexOf(quoted, at + 1)) {
      if (/^\s*:/.test(text.slice(at + quoted.length, at + quoted.length + 8))) return true;
    }
    return false;
  };
}
