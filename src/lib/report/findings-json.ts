import type { Detectability } from '../analysis/detectability';
import { draftWording } from '../analysis/wording';
import type { SourceInfo } from '../analysis/evidence';
import type {
  ActorFinding,
  AssetFinding,
  ExposedTime,
  ExposureFinding,
  Findings,
} from '../analysis/findings';
import { TABLE_NAMES } from '../tables/schemas';
import { sigmaRules } from './sigma';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The findings document that other tools read. Keys are stable within a major version; more may be added. */
export interface Contract {
  readonly tool: { readonly name: 'undertone'; readonly version: string };
  readonly case: Json;
  readonly sources: Json;
  readonly exposure: Json;
  readonly actors: Json;
  readonly campaigns: Json;
  readonly assets: Json;
  readonly verdicts: Json;
  readonly integrity: Json;
  readonly decoy: Json;
  readonly aftermath: Json;
  readonly rotation: Json;
  readonly coverage: Json;
  readonly [extra: string]: unknown;
}

/**
 * Findings as JSON. Times (keys that end in `Us`) are whole microseconds since 1970; what is unknown or without end is null. Texts
 * come from logs and are given as they stand: whoever shows them must treat them as hostile.
 */
export function toContract(
  findings: Findings,
  version: string,
  detectability: Detectability | null = null,
): Contract {
  const times = new SharedLists<ExposedTime>();
  return {
    tool: { name: 'undertone', version },
    case: caseOf(findings),
    sources: findings.sources.map(sourceOf),
    exposure: findings.exposure.map((finding) => exposureOf(finding, times)),
    ...(times.lists.length > 0 && { exposureTimes: toJson(times.lists) }),
    actors: findings.actors.map(actorOf),
    campaigns: toJson(findings.campaigns),
    assets: findings.assets.map(assetOf),
    verdicts: toJson(findings.verdicts),
    integrity: toJson(findings.integrity),
    decoy: toJson(findings.decoy),
    aftermath: toJson({ ...findings.aftermath, sigma: sigmaRules(findings) }),
    rotation: toJson(findings.rotation),
    coverage: toJson(findings.coverage),
    customerWording: draftWording(findings).map(({ text }) => text),
    answers: toJson(findings.answers),
    services: toJson(findings.services),
    ladder: toJson(findings.ladder),
    ladderRows: toJson(findings.ladderRows),
    controlGroups: toJson(findings.controlGroups),
    caveats: toJson(findings.caveats),
    totals: toJson(findings.totals),
    ...(detectability && { detectability: toJson(detectability) }),
  };
}

/** The parameters used, defaults included, and every sentence that says what was inferred instead of told. */
function caseOf(findings: Findings): Json {
  const inferred = [...findings.inferred];
  for (const source of findings.sources) {
    for (const text of source.inferred) {
      if (!inferred.some((said) => said.includes(text))) inferred.push(`${source.name}: ${text}`);
    }
  }
  return toJson({ zone: 'UTC', ...findings.parameters, thresholds: findings.thresholds, inferred });
}

function sourceOf(source: SourceInfo): Json {
  const { id, name, sizeBytes, sha256, rows, ...rest } = source;
  const total = TABLE_NAMES.reduce((sum, table) => sum + rows[table], 0);
  return toJson({ id, name, bytes: sizeBytes, sha256, ...rest, rows: total, rowsByTable: rows });
}

/** Lists that several findings hold, each given once. */
class SharedLists<T> {
  readonly lists: (readonly T[])[] = [];
  readonly #places = new Map<readonly T[], number>();

  placeOf(list: readonly T[]): number {
    const known = this.#places.get(list);
    if (known !== undefined) return known;
    this.#places.set(list, this.lists.length);
    return this.lists.push(list) - 1;
  }
}

/** A service opened over and over names its list of times among `exposureTimes`: all machines of a group have the same. */
function exposureOf(
  { openedUs, closedUs, times, ...rest }: ExposureFinding,
  lists: SharedLists<ExposedTime>,
): Json {
  return toJson({ ...rest, openedUs, closedUs, ...(times && { times: lists.placeOf(times) }) });
}

function actorOf(actor: ActorFinding): Json {
  return toJson(actor);
}

/** Addresses are among the aliases, so that a tool finds an asset by whichever name it knows. */
function assetOf({ asset, aliases, addresses, ...rest }: AssetFinding): Json {
  const all = [...new Set([...aliases, ...addresses])].filter((alias) => alias !== asset);
  return toJson({ asset, aliases: all, addresses, ...rest });
}

/** Plain JSON: what is not a finite number becomes null, what is undefined goes, times are whole microseconds. */
export function toJson(value: unknown, key = ''): Json {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return null;
    return key.endsWith('Us') ? Math.round(value) : value;
  }
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map((item) => toJson(item, key));
  if (typeof value !== 'object' || value === null) return null;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  // fromEntries defines its keys, so that a name from a log such as __proto__ is a key like any other.
  return Object.fromEntries(entries.map(([name, item]) => [name, toJson(item, name)]));
}
