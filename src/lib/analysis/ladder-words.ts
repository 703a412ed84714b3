import { placeWords } from './place-words';
import { formatBytes, formatCount, plural } from '../base/units';
import { QUERY_OUTCOME, QUERY_VERB, LOGIN_OUTCOME } from '../tables/schemas';
import { rowsOfService } from './cloud-services';
import type { Ground } from './context';
import type { RowQuery } from './evidence';
import type { Statement } from './findings';
import type { RungBook, RungSign } from './rung-book';

/** The reasons for a pair's rung: what was seen first, then what was inferred on top of it. */
export function whyOf(ground: Ground, book: RungBook, pair: number): Statement[] {
  const { observed, inferred } = book.reached(pair);
  const why: Statement[] = [];
  const seen = book.signOf(pair, false);
  const guessed = book.signOf(pair, true);
  // What a service without a login lets in is told with what was seen of it.
  const isToldTogether = inferred > observed && seen === 'payload' && guessed === 'no-login-needed';
  if (observed >= 0 && !isToldTogether) why.push(statement(ground, book, pair, seen));
  if (inferred > observed) why.push(statement(ground, book, pair, guessed));
  return why;
}

function statement(ground: Ground, book: RungBook, pair: number, sign: RungSign): Statement {
  const service = book.pairs.second[pair] as number;
  const at = placeWords({
    asset: book.services.assetText(service),
    service: book.services.serviceText(service),
  });
  return { text: textOf(ground, book, pair, sign, at), rows: [rowsOf(ground, book, pair, sign)] };
}

function textOf(ground: Ground, book: RungBook, pair: number, sign: RungSign, at: string): string {
  switch (sign) {
    case 'rejected':
      return `Its packets to ${at} were rejected.`;
    case 'probe':
      return `It sent packets to ${at}; no exchange followed.`;
    case 'handshake':
      return `A connection to ${at} was set up.`;
    case 'packets':
      return `Packets to ${at} were answered.`;
    case 'payload':
      return `Payload went both ways on ${at}.`;
    case 'no-login-needed': {
      const service = book.pairs.second[pair] as number;
      const { why } = ground.profileOf(
        book.services.assetOf(service) as never,
        book.services.portOf(service),
        book.services.protocolOf(service),
      );
      return `Payload went both ways on ${at}, which is held to need no login (${why}): to talk to it is to be let in.`;
    }
    case 'outlasted':
      return `A session with ${at} went on long after the service drops whoever has not logged in: inferred from its length, not seen.`;
    case 'login-connection':
      return `The login log of ${at} shows its connection.`;
    case 'login-failure':
      return `The login log of ${at} shows a failed login.`;
    case 'login-success':
      return `The login log of ${at} shows an accepted login.`;
    case 'request':
      return `The log of ${at} shows a request that returned nothing held there.`;
    case 'request-authenticated':
      return `The log of ${at} shows a request that was let through.`;
    case 'read':
      return `The log of ${at} shows ${plural(book.reads.at(pair), 'read')} carried out.`;
    case 'read-asked':
      return `The log of ${at} shows ${plural(book.reads.at(pair), 'read')} asked for by a connection that had logged in; what was answered it never tells.`;
    case 'returned':
      return `The log of ${at} shows ${plural(book.reads.at(pair), 'read')} carried out, ${amount(book, pair)} returned.`;
    case 'bulk-read':
      return `The log of ${at} shows ${plural(book.reads.at(pair), 'read')}, ${amount(book, pair)} returned: bulk.`;
    case 'control-group':
      return `What ${at} sent it does not fit what failed attempts get: inferred from sizes, not seen.`;
    case 'read-by-other-clock':
      return `The log of ${at} shows a read, on this day by the clock of the host’s login log: the day is inferred.`;
    case 'bulk-flow':
      return (
        `${at} sent it at least ${formatBytes(ground.thresholds.bulkBytes)} in one session and received far less: ` +
        'inferred from sizes, not seen.'
      );
  }
}

function amount(book: RungBook, pair: number): string {
  const parts: string[] = [];
  if (book.rowsRead.at(pair) > 0) parts.push(`${formatCount(book.rowsRead.at(pair))} rows`);
  if (book.bytesRead.at(pair) > 0) parts.push(formatBytes(book.bytesRead.at(pair)));
  return parts.join(' and ') || 'an unknown amount';
}

function rowsOf(ground: Ground, book: RungBook, pair: number, sign: RungSign): RowQuery {
  const service = book.pairs.second[pair] as number;
  const actor = ground.actors.texts[book.pairs.first[pair] as number] ?? '';
  const asset = book.services.assetOf(service);
  const base = asset === -1 ? { actor } : { actor, asset: book.services.assetText(service) };
  const ofService = rowsOfService(ground.evidence, book.services.protocolOf(service));
  switch (sign) {
    case 'login-success':
      return {
        table: 'logins',
        ...base,
        where: { outcome: [LOGIN_OUTCOME.success, LOGIN_OUTCOME.sessionOpened] },
      };
    case 'login-failure':
    case 'login-connection':
      return { table: 'logins', ...base };
    case 'read':
    case 'read-asked':
    case 'returned':
    case 'bulk-read':
    case 'read-by-other-clock':
      return {
        table: 'queries',
        ...base,
        where: {
          ...ofService,
          verb: [QUERY_VERB.read, QUERY_VERB.list, QUERY_VERB.unknown, QUERY_VERB.write],
          outcome: [QUERY_OUTCOME.success, QUERY_OUTCOME.unknown],
        },
      };
    case 'request':
    case 'request-authenticated':
      return { table: 'queries', ...base, where: ofService };
    default:
      return { table: 'flows', ...base, port: book.services.portOf(service) };
  }
}
