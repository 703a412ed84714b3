import { PairSet } from '../base/pair-set';
import type { StringDictionary } from '../tables/string-dictionary';
import { formatById } from '../formats/registry';
import { isReadingPost } from '../formats/shared/http';
import { QUERY_OUTCOME, QUERY_VERB, type ColumnsFor } from '../tables/schemas';
import { CLOUD_LOG, cloudLogs, cloudServiceNumber, readsCloudData } from './cloud-services';
import type { Evidence } from './evidence';
import type { Rung } from './findings';

/** What any visitor gets from any server: a greeting, a face, a form, a pulse. Reading it is a request answered, not data read. */
const NOT_DATA =
  /^\/?$|^\/index\.\w+$|^\/(favicon\.ico|robots\.txt|sitemap\.xml|humans\.txt|ads\.txt)$|^\/\.well-known\/|\.(css|m?js|map|png|jpe?g|gif|svg|ico|webp|woff2?|ttf|eot)$|(^|\/)(login|logon|signin|sign_in|logout|oauth2?|auth|authenticate|session)s?(\/|\.\w+$|$)|^\/(api\/)?(health|healthz|healthcheck|livez?|readyz?|ping|status|server-status|version|_cluster\/health)\/?$/i;

/** The path of an HTTP request as it may stand in the `object` column: with or without method, query string and fragment. */
export function pathOf(object: string): string {
  const bare = object.replace(/^[A-Z]{3,10} +/, '');
  const end = bare.search(/[?#\s]/);
  return end === -1 ? bare : bare.slice(0, end);
}

/** Whether a 2xx answer to this request carried something of what the service holds. */
export function isDataPath(object: string): boolean {
  return !NOT_DATA.test(pathOf(object));
}

/** Ids of the sources whose format has a trait. */
export function sourcesThat(
  { sources }: Pick<Evidence, 'sources'>,
  trait: 'seesNoAnswers' | 'tellsStatementsAsTheyArrive',
): ReadonlySet<number> {
  return new Set(sources.filter(({ format }) => formatById(format)?.[trait] === true).map(({ id }) => id));
}

const UNKNOWN = 0;
const PLAIN = 1;
const DATA = 2;
const READING_POST = 3;

/**
 * The rung that one row of the query table proves (ANALYSIS 6). A cloud service's call must be one that returns data. An HTTP row must have read a data path; a row of an audit log must have
 * executed a read or a listing, or been asked for one by who had logged in, where it tells statements as they arrive; what it was asked but reads nothing (health, version) is a request. Writes and administration that succeed prove rung 5: they need rights, yet return nothing held.
 */
export class QueryRungs {
  readonly #strings: StringDictionary;
  readonly #cloud: Uint8Array;
  /** SourceIds of logs that tell statements as they arrive. */
  readonly #asArriving: ReadonlySet<number>;
  /** (service, object) of cloud services, and whether such a call returns data. */
  readonly #calls = new PairSet();
  readonly #reads: boolean[] = [];
  /** Kind of each object, by string id; judged once. */
  #kinds = new Uint8Array(1024);

  constructor(evidence: Evidence) {
    this.#strings = evidence.dictionaries.strings;
    this.#cloud = cloudLogs(evidence);
    this.#asArriving = sourcesThat(evidence, 'tellsStatementsAsTheyArrive');
  }

  rungOf(columns: ColumnsFor<'queries'>, i: number, source: number): Rung {
    const status = columns.status[i] as number;
    const outcome = columns.outcome[i] as number;
    const isHttp = status >= 100 && status < 600;
    const isSuccess = isHttp
      ? status >= 200 && status < 300
      : outcome === QUERY_OUTCOME.success ||
        (outcome === QUERY_OUTCOME.unknown && this.#asArriving.has(source));
    if (!isSuccess || outcome === QUERY_OUTCOME.denied || outcome === QUERY_OUTCOME.error) return 4;
    const verb = columns.verb[i] as number;
    if (verb === QUERY_VERB.auth) return 5;
    const isRead = verb === QUERY_VERB.read || verb === QUERY_VERB.list;
    if (this.#cloud[source] === CLOUD_LOG.judged) {
      if (!isRead || !this.#returnsData(columns.service[i], columns.object[i])) return 5;
    } else if (isHttp) {
      const kind = this.#kindOf(columns.object[i] as number);
      if (kind === PLAIN) return columns.principal[i] === 0 ? 4 : 5;
      // A table of unknown origin may have called such a POST a write.
      const isReadByPost = kind === READING_POST && verb === QUERY_VERB.write;
      if (!isRead && verb !== QUERY_VERB.unknown && !isReadByPost) return 5;
    } else if (!isRead) return verb === QUERY_VERB.unknown ? 4 : 5;
    return (columns.bytesReturned[i] as number) > 0 || (columns.rowsReturned[i] as number) > 0 ? 7 : 6;
  }

  #returnsData(service: number, object: number): boolean {
    const call = this.#calls.add(service, object);
    return (this.#reads[call] ??= readsCloudData(
      cloudServiceNumber(this.#strings.text(service)),
      this.#strings.text(object).slice(0, 2048),
    ));
  }

  #kindOf(object: number): number {
    if (object >= this.#kinds.length) {
      const grown = new Uint8Array(Math.max(object + 1, this.#kinds.length * 2));
      grown.set(this.#kinds);
      this.#kinds = grown;
    }
    const known = this.#kinds[object] as number;
    if (known !== UNKNOWN) return known;
    const text = this.#strings.text(object).slice(0, 2048);
    const kind = isReadingPost(pathOf(text)) ? READING_POST : isDataPath(text) ? DATA : PLAIN;
    this.#kinds[object] = kind;
    return kind;
  }
}
