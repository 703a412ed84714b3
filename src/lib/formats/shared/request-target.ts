import { verbOfRequest } from './http';
import { MAX_FIELD_BYTES } from './line-event';

/** What a request asked for: host and port where its target names them (proxies and HTTP/2 write whole URLs), path with its query. */
export interface RequestTarget {
  readonly host: string;
  /** The scheme's own where none is written; 0 where there is no scheme. */
  readonly port: number;
  readonly path: string;
}

const URL_PARTS = /^([a-z][\w+.-]{0,20}):\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^/:?#]*)(?::(\d{1,5}))?([^]*)$/i;
const PORTS: ReadonlyMap<string, number> = new Map([
  ['http', 80],
  ['ws', 80],
  ['https', 443],
  ['wss', 443],
  ['ftp', 21],
]);

/** The parts of a request's target: a path, or a whole URL. Names and passwords in a URL are left out. */
export function targetOf(target: string): RequestTarget {
  const match = URL_PARTS.exec(target);
  if (!match) return { host: '', port: 0, path: target };
  const [, scheme = '', host = '', written, path = ''] = match;
  const port = written === undefined ? (PORTS.get(scheme.toLowerCase()) ?? 0) : Number(written);
  return {
    host: host.replace(/^\[|\]$/g, ''),
    port: port <= 65535 ? port : 0,
    path: path === '' ? '/' : path,
  };
}

export interface RequestLine extends RequestTarget {
  readonly method: string;
  /** QUERY_VERB. */
  readonly verb: number;
}

/** A request line (`GET /path HTTP/1.1`). What is none (`<BADREQ>`, the bytes of a TLS greeting) is the path, without a method. */
export function requestLineOf(text: string): RequestLine {
  const match = /^([A-Za-z_]{1,16}) ([^]*?)(?: HTTP\/[\d.]+)?$/.exec(text);
  const [, method = '', target = text] = match ?? [];
  const { host, port, path } = targetOf(target);
  return { method, host, port, path: path.slice(0, MAX_FIELD_BYTES), verb: verbOfRequest(method, path) };
}
