import { BYTE } from '../../base/bytes';

/** An object within a JSON text: its bytes, and how many line ends lie before it. */
export interface PlaceInJson {
  readonly start: number;
  readonly end: number;
  readonly newlines: number;
}

/**
 * Where the objects of the list lie that stands under `path` in the valid JSON object of `bytes[start, end)`. Null where there is none, and where a key on the
 * way is given twice or is written with escapes: then it is not sure which list a reader of the object takes.
 */
export function placesInList(
  bytes: Uint8Array,
  start: number,
  end: number,
  path: readonly string[],
): readonly PlaceInJson[] | null {
  const walk = new Walk(bytes, start, end);
  for (const key of path) if (!walk.enter(key)) return null;
  return walk.objects();
}

class Walk {
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.#at = start;
  }

  /** Goes to the value under `key` of the object that begins here. */
  enter(key: string): boolean {
    let at = this.#behindBlanks(this.#at);
    if (this.#bytes[at] !== BYTE.openBrace) return false;
    let found = -1;
    for (at = this.#behindBlanks(at + 1); this.#bytes[at] === BYTE.quote; at = this.#behindBlanks(at + 1)) {
      const keyEnd = this.#behindValue(at);
      const isKey = this.#isText(at, keyEnd, key);
      if (isKey === null || (isKey && found !== -1)) return false;
      const value = this.#behindBlanks(this.#behindBlanks(keyEnd) + 1);
      if (isKey) found = value;
      at = this.#behindBlanks(this.#behindValue(value));
      if (this.#bytes[at] !== BYTE.comma) break;
    }
    this.#at = found;
    return found !== -1;
  }

  objects(): PlaceInJson[] | null {
    let at = this.#behindBlanks(this.#at);
    if (this.#bytes[at] !== BYTE.openBracket) return null;
    const places: PlaceInJson[] = [];
    let newlines = 0;
    let counted = this.#start;
    for (at = this.#behindBlanks(at + 1); at < this.#end; at = this.#behindBlanks(at + 1)) {
      if (this.#bytes[at] === BYTE.closeBracket) break;
      const stop = this.#behindValue(at);
      if (this.#bytes[at] === BYTE.openBrace) {
        for (; counted < at; counted++) if (this.#bytes[counted] === BYTE.newline) newlines += 1;
        places.push({ start: at, end: stop, newlines });
      }
      at = this.#behindBlanks(stop);
      if (this.#bytes[at] !== BYTE.comma) break;
    }
    return places;
  }

  #behindBlanks(at: number): number {
    while (at < this.#end && (this.#bytes[at] as number) <= BYTE.space) at += 1;
    return at;
  }

  #behindValue(at: number): number {
    let depth = 0;
    let isInText = false;
    for (; at < this.#end; at++) {
      const byte = this.#bytes[at] as number;
      if (isInText) {
        if (byte === BYTE.backslash) at += 1;
        else if (byte === BYTE.quote) {
          isInText = false;
          if (depth === 0) return at + 1;
        }
      } else if (byte === BYTE.quote) isInText = true;
      else if (byte === BYTE.openBrace || byte === BYTE.openBracket) depth += 1;
      else if (byte === BYTE.closeBrace || byte === BYTE.closeBracket) {
        if (depth === 0) return at;
        depth -= 1;
        if (depth === 0) return at + 1;
      } else if (byte === BYTE.comma && depth === 0) return at;
    }
    return at;
  }

  /** Whether the text in quotes at [start, end) is this; null: it holds escapes. */
  #isText(start: number, end: number, text: string): boolean | null {
    let isSame = end - start - 2 === text.length;
    for (let at = start + 1; at < end - 1; at++) {
      if (this.#bytes[at] === BYTE.backslash) return null;
      if (isSame && this.#bytes[at] !== text.charCodeAt(at - start - 1)) isSame = false;
    }
    return isSame;
  }
}
