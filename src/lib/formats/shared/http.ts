import { BYTE, startsWithAscii } from '../../base/bytes';
import { QUERY_OUTCOME, QUERY_VERB } from '../../tables/schemas';

/**
 * Paths on which a POST asks for data instead of changing it: search APIs of document stores (Elasticsearch, OpenSearch, CouchDB), SQL over HTTP,
 * GraphQL, time series, what Kibana and its like search with on behalf of a browser, saved exports.
 */
const READING_POST = new RegExp(
  [
    /(?:^|\/)_(?:m?search|search_shards|async_search|count|sql|eql|esql|mget|m?termvectors|field_caps|terms_enum|explain|validate|render|rank_eval|knn_search|query|scroll|pit|find|all_docs|bulk_get|(?:plugins|opendistro)\/_(?:sql|ppl))(?:[/?:]|$)/,
    /(?:^|\/)(?:graphql|select|query|query_range)(?:[/?:]|$)|(?:^|\/)_?(?:b?search|export|download|render)\/?(?:\?|$)/,
    /\/internal\/search\/|\/api\/console\/proxy(?:\?|$)/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'i',
);

/** Elasticsearch, OpenSearch and CouchDB delete documents by a POST too. */
const DELETING_POST = /(?:^|\/)_(?:delete_by_query|purge)(?:[/?]|$)/i;

/** Kibana's console and OpenSearch Dashboards' send what was typed there as a POST of their own, with the method that was meant in the query. */
const CONSOLE_METHOD = /\/api\/console\/proxy\?(?:[^#]*&)?method=([a-z]{3,7})(?:&|$)/i;

/** Whether a POST to this path asks for data. */
export function isReadingPost(path: string): boolean {
  return READING_POST.test(path);
}

/** QUERY_VERB of a request by its method and path. */
export function verbOfRequest(method: string, path: string): number {
  switch (method.toUpperCase()) {
    case 'GET':
    case 'HEAD':
      return QUERY_VERB.read;
    case 'POST':
      return verbOfPost(path);
    case 'PUT':
    case 'PATCH':
    case 'MKCOL':
    case 'COPY':
    case 'MOVE':
      return QUERY_VERB.write;
    case 'DELETE':
      // A scroll, a point in time or a search that still runs is given up: no data goes.
      return isReadingPost(path) ? QUERY_VERB.admin : QUERY_VERB.delete;
    case 'PROPFIND':
    case 'OPTIONS':
    case 'SEARCH':
      return QUERY_VERB.list;
    default:
      return QUERY_VERB.unknown;
  }
}

function verbOfPost(path: string): number {
  if (DELETING_POST.test(path)) return QUERY_VERB.delete;
  const meant = CONSOLE_METHOD.exec(path)?.[1]?.toUpperCase() ?? '';
  if (meant === 'DELETE') return QUERY_VERB.delete;
  if (meant === 'PUT' || meant === 'PATCH') return QUERY_VERB.write;
  return isReadingPost(path) ? QUERY_VERB.read : QUERY_VERB.write;
}

/** QUERY_OUTCOME of an HTTP status: 401, 403 and 407 are refusals, other 4xx and 5xx errors. 0 is unknown. */
export function outcomeOfStatus(status: number): number {
  if (status === 401 || status === 403 || status === 407) return QUERY_OUTCOME.denied;
  if (status >= 400) return QUERY_OUTCOME.error;
  return status >= 100 ? QUERY_OUTCOME.success : QUERY_OUTCOME.unknown;
}

/** What `readRequest` found last: where the path lies, and the verb. */
export const request = { pathStart: 0, pathEnd: 0, verb: 0 };

/**
 * A request line (`GET /path HTTP/1.1`) in [start, end) to `request`. False when it is none (`-`, the bytes of a TLS greeting): then the whole
 * text is the path, so that what was sent can still be read.
 */
export function readRequest(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && isLetter(bytes[at] as number)) at += 1;
  request.pathStart = start;
  request.pathEnd = end;
  request.verb = QUERY_VERB.unknown;
  if (at === start || bytes[at] !== BYTE.space || at - start > 16) return false;
  request.pathStart = at + 1;
  let last = end;
  for (let i = end - 1; i > end - 12 && i > at; i--) {
    if (bytes[i] === BYTE.space && startsWithAscii(bytes, 'HTTP/', i + 1, end)) {
      last = i;
      break;
    }
  }
  request.pathEnd = Math.max(last, request.pathStart);
  request.verb = verbOfBytes(bytes, start, at);
  return true;
}

/** Lower case too: a client may send any method, and the server's answer is still about the path. */
function isLetter(byte: number): boolean {
  return (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) || byte === 95;
}

function verbOfBytes(bytes: Uint8Array, start: number, at: number): number {
  if (bytes[start] === 0x47 && at - start === 3 && bytes[start + 1] === 0x45) return QUERY_VERB.read;
  let method = '';
  for (let i = start; i < at; i++) method += String.fromCharCode(bytes[i] as number);
  let path = '';
  if (method === 'POST' || method === 'DELETE') {
    const end = Math.min(request.pathEnd, request.pathStart + 512);
    for (let i = request.pathStart; i < end; i++) path += String.fromCharCode(bytes[i] as number);
  }
  return verbOfRequest(method, path);
}
