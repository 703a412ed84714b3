/** An event as CEF or LEEF writes it: who tells of what, and named values. */
export interface EventLine {
  readonly isLeef: boolean;
  readonly vendor: string;
  readonly product: string;
  /** The event's id in its product, then its name; LEEF has no name. */
  readonly id: string;
  readonly name: string;
  readonly fields: ReadonlyMap<string, string>;
}

/** Fields of the header before the values: `CEF:0|vendor|product|version|id|name|severity|`, `LEEF:1.0|vendor|product|version|id|`; 2.0 has a separator more. */
const CEF_HEADER = 7;
const LEEF_HEADER = 5;
const KEY = /(?:^|\s)([\w.[\]-]{1,100})=/g;
const UNESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\n', t: '\t' };

/** The event that the text is; null where its header is cut off. Of values with the same name the first counts. */
export function readEventLine(text: string): EventLine | null {
  const isLeef = text.startsWith('LEEF');
  const { parts, rest } = headerOf(text, isLeef ? LEEF_HEADER : CEF_HEADER);
  if (parts.length < (isLeef ? LEEF_HEADER : CEF_HEADER)) return null;
  const [, vendor = '', product = '', , id = '', name = ''] = parts;
  const fields = isLeef ? leefFields(parts[0] ?? '', rest) : keyedFields(rest);
  return { isLeef, vendor, product, id, name, fields };
}

function headerOf(text: string, count: number): { readonly parts: string[]; readonly rest: string } {
  const parts: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length && parts.length < count; i++) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === '|') {
      parts.push(unescaped(text.slice(start, i)).trim());
      start = i + 1;
    }
  }
  return { parts, rest: text.slice(start) };
}

/** `src=192.0.2.1 msg=two words`: a value lasts until the next name. An equals sign in a value is escaped. */
function keyedFields(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  let name = '';
  let from = 0;
  const take = (to: number): void => {
    if (name !== '' && !fields.has(name)) fields.set(name, unescaped(text.slice(from, to)).trim());
  };
  for (const match of text.matchAll(KEY)) {
    take(match.index);
    name = match[1] ?? '';
    from = match.index + match[0].length;
  }
  take(text.length);
  return fields;
}

function leefFields(version: string, rest: string): Map<string, string> {
  let separator = '\t';
  let text = rest;
  const stated = /^([^|=]{0,8})\|/.exec(rest);
  if (version.includes('2.') && stated) {
    separator = separatorOf(stated[1] ?? '');
    text = rest.slice(stated[0].length);
  }
  // Relays write a tab as its number in octal, or as blanks.
  if (separator === '\t' && !text.includes('\t')) {
    if (!text.includes('#011')) return keyedFields(text);
    separator = '#011';
  }
  const fields = new Map<string, string>();
  for (const pair of text.split(separator)) {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, Math.max(0, equals)).trim();
    if (name !== '' && !fields.has(name)) fields.set(name, pair.slice(equals + 1).trim());
  }
  return fields;
}

/** `^`, `x09`, `0x7C`; a tab where none is stated. */
function separatorOf(text: string): string {
  const hex = /^(?:0x|\\?x)([0-9a-f]{2,4})$/i.exec(text)?.[1];
  if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16));
  return text === '' || text === '\\t' ? '\t' : text;
}

function unescaped(text: string): string {
  return text.includes('\\') ? text.replace(/\\(.)/gs, (_, char: string) => UNESCAPED[char] ?? char) : text;
}
