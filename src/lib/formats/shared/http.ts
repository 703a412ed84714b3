import { BYTE, startsWithAscii } from '../../base/bytes';
import { QUERY_OUTCOME, QUERY_VERB } from '../../tables/schemas';

/** Paths on which a POST asks for data instead of changing it: search engines' and GraphQL's query endpoints. */
const READING_POST =
  /(?:^|\/)(?:_search|_msearch|_count|_sql|_mget|_async_search|_eql|_esql|_termvectors|_field_caps|_explain|_validate|_render|_search_shards|_rank_eval|_knn_search|_query|_plugins\/_sql|_opendistro\/_sql|graphql|select|query)(?:\/|\?|$|:)/i;

/** QUERY_VERB of a request by its method and path. */
export function verbOfRequest(method: string, path: string): number {
  switch (method.toUpperCase()) {
    case 'GET':
    case 'HEAD':
      return QUERY_VERB.read;
    case 'POST':
      return READING_POST.test(path) ? QUERY_VERB.read : QUERY_VERB.write;
    case 'PUT':
    case 'PATCH':
    case 'MKCOL':
    case 'COPY':
    case 'MOVE':
      return QUERY_VERB.write;
    case 'DELETE':
      return QUERY_VERB.delete;
    case 'PROPFIND':
    case 'OPTIONS':
    case 'SEARCH':
      return QUERY_VERB.list;
    default:
      return QUERY_VERB.unknown;
  }
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
  if (method === 'POST') {
    const end = Math.min(request.pathEnd, request.pathStart + 512);
    for (let i = request.pathStart; i < end; i++) path += String.fromCharCode(bytes[i] as number);
  }
  return verbOfRequest(method, path);
}
