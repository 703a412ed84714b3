/**
 * Fields of a line parted by single blanks, in which a field may stand in quotes (backslash escapes, and an inner quote counts as text when no blank
 * follows it) or in brackets. The lines of load balancers, S3 and their like.
 */
export function splitQuoted(text: string, limit = 80): string[] {
  const fields: string[] = [];
  let at = 0;
  while (at < text.length && fields.length < limit) {
    const first = text[at];
    let close: number;
    if (first === '"') {
      close = closingQuote(text, at + 1);
      fields.push(text.slice(at + 1, close));
      close += 1;
    } else if (first === '[' && isBracketed(text, at)) {
      close = text.indexOf(']', at);
      fields.push(text.slice(at + 1, close));
      close += 1;
    } else {
      close = text.indexOf(' ', at);
      if (close === -1) close = text.length;
      fields.push(text.slice(at, close));
    }
    at = close + 1;
  }
  return fields;
}

/** Whether the bracket ends the field: `[2001:db8::7]:443` is an address with a port. */
function isBracketed(text: string, at: number): boolean {
  const close = text.indexOf(']', at);
  return close !== -1 && (close + 1 === text.length || text[close + 1] === ' ');
}

function closingQuote(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const char = text[i];
    if (char === '\\') i += 1;
    else if (char === '"' && (i + 1 === text.length || text[i + 1] === ' ')) return i;
  }
  return text.length;
}

/** The field, or empty where it is `-` (not there). */
export function fieldOr(fields: readonly string[], index: number): string {
  const field = fields[index];
  return field === undefined || field === '-' ? '' : field;
}
