import { decodeUtf8, encodeUtf8 } from '../base/bytes';
import type { Format, Head, ParseContext, RecordParser } from './format';
import { httpErrorLog } from './http-error-log';
import { INNER_FORMATS_IN_ORDER } from './inner-formats';
import { redisMonitor } from './redis-monitor';

/** Formats that a container's own lines may be of. */
const INNER: readonly Format[] = [...INNER_FORMATS_IN_ORDER, httpErrorLog, redisMonitor];

/** What is put before each line, and the container that it names; the runtime's own times are left to the lines, which have theirs. */
const PREFIXES: readonly RegExp[] = [
  // Container Runtime Interface (containerd, CRI-O): time, stream, whole or part of a line.
  /^()\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d) (?:stdout|stderr) [FP] /,
  // kubectl logs --prefix, with or without --timestamps.
  /^\[((?:pod|job|deployment|replicaset|statefulset|daemonset)\/[\w./-]+)\] (?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6,9}(?:Z|[+-]\d\d:\d\d) )?/,
  // docker compose logs, with or without --timestamps.
  /^([a-zA-Z0-9][\w.-]*) +\| (?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6,9}(?:Z|[+-]\d\d:\d\d) )?/,
  // Fluentd's out_file: time, tag and the record as JSON, with tabs between.
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)\t([\w.*/-]{1,200})\t(?=\{)/,
  // docker logs --timestamps, kubectl logs --timestamps.
  /^()\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6,9}(?:Z|[+-]\d\d:\d\d) /,
];
const MAX_PREFIX = 300;
/** Share of the head's lines that must begin so. */
const MOST = 0.8;
/** A format is believed to be inside when it is surer than this. */
const SURE = 0.5;
/** Containers that are told apart; lines of more are read as no log. */
const MAX_CONTAINERS = 1_000;

interface Inner {
  readonly format: Format;
  readonly head: Head;
}

function prefixOf(lines: readonly string[]): RegExp | null {
  return (
    PREFIXES.find((prefix) => {
      const fit = lines.filter((line) => prefix.test(line.slice(0, MAX_PREFIX))).length;
      return fit > 0 && fit >= MOST * lines.length;
    }) ?? null
  );
}

/** The head's lines without what is before them, by the container that they name. */
function linesByContainer(lines: readonly string[], prefix: RegExp): Map<string, string[]> {
  const byName = new Map<string, string[]>();
  for (const line of lines) {
    const match = prefix.exec(line.slice(0, MAX_PREFIX));
    if (!match) continue;
    const name = match[1] ?? '';
    const own = byName.get(name);
    if (own) own.push(line.slice(match[0].length));
    else byName.set(name, [line.slice(match[0].length)]);
  }
  return byName;
}

/** What a container's lines are of; null where no format is sure of them. */
function innerOf(lines: readonly string[]): Inner | null {
  const text = lines.join('\n');
  const head: Head = { bytes: encodeUtf8(text), text, lines, isWhole: false };
  let best: Format | null = null;
  let confidence = SURE;
  for (const format of INNER) {
    const own = format.sniff(head);
    if (own <= confidence) continue;
    best = format;
    confidence = own;
  }
  return best && { format: best, head };
}

const headLines = (head: Head): string[] => head.lines.filter((line) => line.trim() !== '').slice(0, 200);

/**
 * What containers printed, as runtimes, collectors and their tools put it out: each line behind a time, a stream, a tag or the name of its container. Each container's
 * lines are read by the format that knows them; what it prints besides is counted and left out.
 */
class ContainerParser implements RecordParser {
  readonly #context: ParseContext;
  readonly #prefix: RegExp;
  /** Null: of no format that is known. */
  readonly #parsers = new Map<string, RecordParser | null>();

  constructor(context: ParseContext) {
    this.#context = context;
    const lines = headLines(context.head);
    this.#prefix = prefixOf(lines) ?? (PREFIXES[0] as RegExp);
    for (const [name, own] of linesByContainer(lines, this.#prefix)) this.#begin(name, own);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const { sink } = this.#context;
    if (start === end) return sink.skip('blank');
    const match = this.#prefix.exec(decodeUtf8(bytes, start, Math.min(end, start + MAX_PREFIX)));
    if (!match)
      return sink.reject(
        'the line does not begin as those before it do: with a time and stream, or the name of its container',
        ...([bytes, start, end, line] as const),
      );
    // What is before the line is ASCII, but for a name, whose letters the pattern asks for.
    const from = start + match[0].length;
    const name = match[1] ?? '';
    let parser = this.#parsers.get(name);
    if (parser === undefined) parser = this.#begin(name, [decodeUtf8(bytes, from, end)]);
    if (parser) parser.record(bytes, from, end, offset, line);
    else sink.skip('line of a container whose log is of no known format');
  }

  finish(): void {
    for (const parser of this.#parsers.values()) parser?.finish?.();
  }

  #begin(name: string, lines: readonly string[]): RecordParser | null {
    if (this.#parsers.size >= MAX_CONTAINERS) return null;
    const inner = innerOf(lines);
    const parser = inner && inner.format.parser({ ...this.#context, head: inner.head });
    this.#parsers.set(name, parser);
    if (inner)
      this.#context.sink.note(
        `The lines ${name === '' ? '' : `of ${name} `}were read as ${inner.format.label}, by their own times.`,
      );
    return parser;
  }
}

function sniffContainer(head: Head): number {
  const lines = headLines(head);
  const prefix = prefixOf(lines);
  if (!prefix) return 0;
  return [...linesByContainer(lines, prefix).values()].some((own) => innerOf(own)) ? 0.96 : 0;
}

export const containerLog: Format = {
  id: 'container-log',
  label: 'Container log (Kubernetes, Docker)',
  framing: 'lines',
  // What a container's lines are of may only be known from its first one.
  splittable: false,
  tables: ['flows', 'logins', 'queries', 'changes'],
  sniff: sniffContainer,
  parser: (context) => new ContainerParser(context),
};
