const CLOSERS: Readonly<Record<string, string>> = { '{': '}', '[': ']' };

/**
 * JSON text that was cut somewhere, closed behind the last object or list in it that is whole: what a head of a file shows of one large object. Null
 * where none is whole.
 */
export function closedJson(text: string): string | null {
  const open: string[] = [];
  let cut = -1;
  let closers = '';
  let isInText = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (isInText) {
      if (char === '\\') i += 1;
      else if (char === '"') isInText = false;
    } else if (char === '"') isInText = true;
    else if (char === '{' || char === '[') open.push(CLOSERS[char] as string);
    else if (char === '}' || char === ']') {
      if (open.pop() !== char) return null;
      cut = i + 1;
      closers = open.toReversed().join('');
      if (open.length === 0) break;
    }
  }
  return cut === -1 ? null : text.slice(0, cut) + closers;
}
