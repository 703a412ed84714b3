import { parseAddress, parseCidr } from '../base/addresses';
import type { CaseParameters } from '../analysis/parameters';

export type KnownActor = NonNullable<CaseParameters['knownActors']>[number];

/** What a file of ranges gave. */
export interface KnownList {
  readonly entries: readonly KnownActor[];
  /** Lines or values that looked like entries and could not be read as addresses. */
  readonly unreadable: number;
  /** Entries beyond the most that are taken. */
  readonly leftOut: number;
}

/** Ranges taken from one file: published lists have some thousands. */
export const MOST_KNOWN = 20_000;
const MOST_DEPTH = 12;
const LABEL_CHARS = 120;

/** Names that publishers give to the column or key that says whose a range is. */
const LABEL_KEY =
  /^(?:label|name|org(?:ani[sz]ation)?|owner|company|service|provider|actor|description|tag|comment)$/i;
const RANGE_KEY =
  /^(?:ip|ips|cidr|network|net|prefix|range|subnet|address|addresses|ip_?prefix|ip_?address|ipv[46]_?prefix)$/i;

/**
 * Known actors out of a file of ranges, as scanners and clouds publish theirs: one a line (`#`, `;` and `//` begin remarks), CSV with or without a
 * header, or JSON of any shape that holds addresses or networks as texts. `list` is the file's name, which labels what the file does not.
 */
export function parseKnownList(text: string, list: string): KnownList {
  const collector = new Collector(list);
  const body = text.replace(/^\uFEFF/, '');
  const parsed = /^\s*[[{]/.test(body) ? jsonOf(body) : undefined;
  if (parsed !== undefined) collectJson(parsed, '', collector, 0);
  else collectLines(body, collector);
  return collector.result();
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Neither an object nor an array: then it is read as lines, and what is in them as it is.
    return undefined;
  }
}

class Collector {
  readonly #list: string;
  readonly #entries = new Map<string, KnownActor>();
  #unreadable = 0;
  #leftOut = 0;

  constructor(list: string) {
    this.#list = list;
  }

  add(range: string, label: string): void {
    const text = range.trim();
    const isHost = parseAddress(text) !== null;
    if (!isHost && parseCidr(text) === null) {
      this.#unreadable += 1;
      return;
    }
    if (this.#entries.has(text)) return;
    if (this.#entries.size >= MOST_KNOWN) {
      this.#leftOut += 1;
      return;
    }
    const told = { label: label.trim().slice(0, LABEL_CHARS) || this.#list, list: this.#list };
    this.#entries.set(text, isHost ? { actor: text, ...told } : { cidr: text, ...told });
  }

  refuse(): void {
    this.#unreadable += 1;
  }

  result(): KnownList {
    return { entries: [...this.#entries.values()], unreadable: this.#unreadable, leftOut: this.#leftOut };
  }
}

function isRange(text: string): boolean {
  return parseAddress(text.trim()) !== null || parseCidr(text) !== null;
}

function collectLines(text: string, collector: Collector): void {
  let rangeColumn = -1;
  let labelColumn = -1;
  let isFirst = true;
  for (const line of text.split(/\r\n|\n|\r/)) {
    const bare = line.replace(/(?:^|\s)(?:#|;|\/\/).*$/, '').trim();
    if (bare === '') continue;
    const cells = cellsOf(bare);
    const found = cells.findIndex(isRange);
    if (isFirst && found === -1 && cells.length > 1) {
      rangeColumn = cells.findIndex((cell) => RANGE_KEY.test(cell));
      labelColumn = cells.findIndex((cell) => LABEL_KEY.test(cell));
    } else {
      const at = rangeColumn === -1 ? found : rangeColumn;
      const other = cells.findIndex((cell, i) => i !== at && cell !== '' && !isRange(cell));
      const label = cells[labelColumn === -1 ? other : labelColumn] ?? '';
      if (at === -1) collector.refuse();
      else collector.add(cells[at] ?? '', label);
    }
    isFirst = false;
  }
}

/** Cells of a line of CSV, TSV or semicolons; a quoted cell may hold the separator. */
function cellsOf(line: string): string[] {
  const separator = [',', '\t', ';'].find((one) => line.includes(one));
  if (separator === undefined) return line.split(/\s+/).length === 2 ? line.split(/\s+/) : [line];
  const cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (const character of line) {
    if (character === '"') isQuoted = !isQuoted;
    else if (character === separator && !isQuoted) {
      cells.push(cell.trim());
      cell = '';
    } else cell += character;
  }
  return [...cells, cell.trim()];
}

/** Every text under a key that names ranges, or in a list, or that is a range by itself; the label stands beside it or above. */
function collectJson(value: unknown, label: string, collector: Collector, depth: number): void {
  if (depth > MOST_DEPTH) return;
  if (typeof value === 'string') {
    if (isRange(value)) collector.add(value, label);
    return;
  }
  if (Array.isArray(value)) {
    for (const item of value) collectJson(item, label, collector, depth + 1);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const entries = Object.entries(value);
  const told = entries.find(
    ([key, item]) => LABEL_KEY.test(key) && typeof item === 'string' && !isRange(item),
  );
  const own = told ? String(told[1]) : label;
  for (const [key, item] of entries) {
    if (typeof item === 'string' && RANGE_KEY.test(key)) collector.add(item, own);
    else if (isRange(key)) collector.add(key, typeof item === 'string' ? item : own);
    else collectJson(item, own, collector, depth + 1);
  }
}
