/** A list of an answer that goes ahead of it, piece by piece. */
export interface AnswerPart {
  /** The answer's keys that lead to the list: its own, or one of a record in it. */
  readonly path: readonly [string] | readonly [string, string];
  readonly items: readonly unknown[];
}

/** Items of one piece: some hundred kilobytes of findings, which a page takes in within a few milliseconds. */
const PIECE_ITEMS = 500;

/**
 * An answer as it is sent to a page: its long lists in pieces, and the rest with those lists empty. A message is turned back into objects in one
 * go, and the findings over hundreds of services are ten megabytes: in one message they would hold the page up for a third of a second.
 */
export function inPieces(answer: unknown): { readonly parts: readonly AnswerPart[]; readonly rest: unknown } {
  if (!isRecord(answer)) return { parts: [], rest: answer };
  const parts: AnswerPart[] = [];
  const rest: Record<string, unknown> = { ...answer };
  for (const [name, value] of Object.entries(answer)) {
    if (isLong(value)) {
      parts.push(...piecesOf([name], value));
      rest[name] = [];
    } else if (isRecord(value)) {
      const long = Object.entries(value).filter((entry): entry is [string, unknown[]] => isLong(entry[1]));
      if (long.length === 0) continue;
      for (const [key, items] of long) parts.push(...piecesOf([name, key], items));
      rest[name] = { ...value, ...Object.fromEntries(long.map(([key]) => [key, []])) };
    }
  }
  return parts.length === 0 ? { parts, rest: answer } : { parts, rest };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function isLong(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length > PIECE_ITEMS;
}

function piecesOf(path: AnswerPart['path'], items: readonly unknown[]): AnswerPart[] {
  return Array.from({ length: Math.ceil(items.length / PIECE_ITEMS) }, (_, i) => ({
    path,
    items: items.slice(i * PIECE_ITEMS, (i + 1) * PIECE_ITEMS),
  }));
}

/** The answer whole again, from the pieces in the order in which they came. */
export function joined(rest: unknown, parts: readonly AnswerPart[]): unknown {
  if (parts.length === 0) return rest;
  const whole: Record<string, unknown> = { ...(rest as object) };
  const lists = new Map<string, unknown[]>();
  for (const { path, items } of parts) {
    const key = path.join('\n');
    const list = lists.get(key);
    if (list) {
      for (const item of items) list.push(item);
      continue;
    }
    const begun = [...items];
    lists.set(key, begun);
    const [name, of] = path;
    whole[name] = of === undefined ? begun : { ...(whole[name] as object), [of]: begun };
  }
  return whole;
}
