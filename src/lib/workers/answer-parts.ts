/** A list of an answer that goes ahead of it, piece by piece. */
export interface AnswerPart {
  /** The answer's key that holds the list. */
  readonly name: string;
  readonly items: readonly unknown[];
}

/** Items of one piece: some hundred kilobytes of findings, which a page takes in within a few milliseconds. */
const PIECE_ITEMS = 500;

/**
 * An answer as it is sent to a page: its long lists in pieces, and the rest with those lists empty. A message is turned back into objects in one
 * go, and the findings over hundreds of services are ten megabytes: in one message they would hold the page up for a third of a second.
 */
export function inPieces(answer: unknown): { readonly parts: readonly AnswerPart[]; readonly rest: unknown } {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer))
    return { parts: [], rest: answer };
  const long = Object.entries(answer).filter(
    (entry): entry is [string, unknown[]] => Array.isArray(entry[1]) && entry[1].length > PIECE_ITEMS,
  );
  if (long.length === 0) return { parts: [], rest: answer };
  const parts = long.flatMap(([name, items]) =>
    Array.from({ length: Math.ceil(items.length / PIECE_ITEMS) }, (_, i) => ({
      name,
      items: items.slice(i * PIECE_ITEMS, (i + 1) * PIECE_ITEMS),
    })),
  );
  return { parts, rest: { ...answer, ...Object.fromEntries(long.map(([name]) => [name, []])) } };
}

/** The answer whole again, from the pieces in the order in which they came. */
export function joined(rest: unknown, parts: readonly AnswerPart[]): unknown {
  if (parts.length === 0) return rest;
  const lists = new Map<string, unknown[]>();
  for (const { name, items } of parts) {
    const list = lists.get(name) ?? [];
    lists.set(name, list);
    for (const item of items) list.push(item);
  }
  return { ...(rest as object), ...Object.fromEntries(lists) };
}
