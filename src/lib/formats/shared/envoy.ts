import { QUERY_OUTCOME, QUERY_VERB } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { splitEndpoint } from './endpoint';
import { outcomeOfStatus, verbOfRequest } from './http';
import { countOf } from './json';
import { targetOf } from './request-target';
import type { RowWriter } from './row-writer';
import { isPublic } from './web-client';

const FORWARDED =
  'Where the connection came from an inner address, the client is taken from X-Forwarded-For, whose first entries a client can forge.';

/** What one entry of Envoy's access log says, by the command operators that give it ("Access logging", envoyproxy.io). `-` or empty: nothing. */
export interface EnvoyEntry {
  readonly method: string;
  readonly path: string;
  /** RESPONSE_CODE, 0 of connections that are only passed on. */
  readonly status: string;
  /** RESPONSE_FLAGS: what Envoy itself did. */
  readonly flags: string;
  readonly sent: string;
  readonly millis: string;
  readonly forwardedFor: string;
  readonly agent: string;
  readonly authority: string;
  /** DOWNSTREAM_REMOTE_ADDRESS; empty in the default format, which leaves it out. */
  readonly remote: string;
  /** UPSTREAM_CLUSTER, which names the service behind (`outbound|80||reviews.default.svc.cluster.local`). */
  readonly cluster: string;
}

/** One entry as a query: a request, or a connection without words (`- - -`). */
export function writeEnvoy(sink: RecordSink, rows: RowWriter, entry: EnvoyEntry): void {
  const client = clientOf(sink, entry);
  const isRequest = said(entry.method) !== '';
  const asked = targetOf(isRequest ? said(entry.path) : '');
  const holder = splitEndpoint(said(entry.authority));
  const behind = isRequest
    ? undefined
    : /^(?:in|out)bound\|(\d{1,5})\|[^|]*\|(.*)$/.exec(said(entry.cluster));
  const status = countOf(said(entry.status), 999, 0);
  rows.query({
    actor: client.address,
    actorPort: client.port,
    service: isRequest ? 'http' : 'tcp',
    host: asked.host || holder.address || (behind?.[2] ?? ''),
    servicePort: asked.port || holder.port || countOf(behind?.[1], 65_535, 0),
    verb: isRequest ? verbOfRequest(entry.method, asked.path) : QUERY_VERB.unknown,
    object: asked.path,
    status,
    outcome: outcomeOf(status, entry.flags),
    bytesReturned: countOf(said(entry.sent), Number.MAX_SAFE_INTEGER, Number.NaN),
    durationUs: countOf(said(entry.millis), Number.MAX_SAFE_INTEGER / 1000, Number.NaN) * 1000,
    agent: said(entry.agent),
  });
}

function said(text: string): string {
  return text === '-' ? '' : text;
}

/** The other end of the connection; where that is a proxy of ours, or not told, whom the header says it came for. */
function clientOf(sink: RecordSink, entry: EnvoyEntry): { readonly address: string; readonly port: number } {
  const remote = splitEndpoint(said(entry.remote));
  if (isPublic(remote.address)) return remote;
  const forwarded = said(entry.forwardedFor)
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const client = forwarded.find(isPublic) ?? (remote.address === '' ? forwarded[0] : undefined);
  if (client === undefined) return remote;
  if (forwarded.length > 1 || remote.address !== '') sink.note(FORWARDED);
  return { address: client, port: 0 };
}

/** UAEX: an authorization service refused it; RBAC filters and rate limits answer with a status. */
function outcomeOf(status: number, flags: string): number {
  if (/\bUAEX\b/.test(flags)) return QUERY_OUTCOME.denied;
  if (status !== 0) return outcomeOfStatus(status);
  // No healthy upstream, no route, connection failed, overflow, terminated by the upstream.
  return /\b(?:UH|NR|UF|UO|URX|NC|UT)\b/.test(flags) ? QUERY_OUTCOME.error : QUERY_OUTCOME.unknown;
}
