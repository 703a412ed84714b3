import { addressRange, parseAddress } from '../../base/addresses';

/** What stands before the time in an unusual access-log line. */
export interface WebClient {
  /** Virtual host, with its port if it names one; empty when there is none. */
  readonly host: string;
  readonly client: string;
  readonly user: string;
  /** Whether the client was chosen from a list of forwarded addresses. */
  readonly isForwarded: boolean;
}

/** What stands for the machine itself where a client's address does. */
const SELF = new Set(['unix:', 'localhost']);

/** Ranges that no client on the Internet has. */
const NEVER_PUBLIC = new Set([
  'private',
  'loopback',
  'linkLocal',
  'uniqueLocal',
  'carrierGradeNat',
  'unspecified',
]);

function isAddress(token: string): boolean {
  return parseAddress(token) !== null;
}

/** Whether the text is an address that a client on the Internet may have. */
export function isPublic(token: string): boolean {
  const words = parseAddress(token);
  return words !== null && !NEVER_PUBLIC.has(addressRange(...words));
}

/**
 * Host, client and user of `[vhost ]["]client[, client…]["] ident user`. Of several clients the first public one, else the first: all but the last
 * are what the client itself claims.
 */
export function readWebClient(prefix: string): WebClient {
  const tokens = prefix
    .trim()
    .split(' ')
    .map((token) => token.replace(/^"|[",]+$/g, ''));
  const isClient = (token: string): boolean => isAddress(token) || SELF.has(token);
  // The user may look like anything, but stands after the identity, which is `-` on every server of this century.
  const ident = tokens.indexOf('-');
  const end = ident === -1 ? tokens.length : ident;
  let first = tokens.findIndex((token, i) => i < end && isClient(token));
  // A virtual host may itself be named by an address; then no comma parts it from the clients.
  const isHostAddress = first === 0 && end > 1 && isClient(tokens[1] ?? '') && !/^\S+,/.test(prefix);
  if (isHostAddress) first = 1;
  if (first === -1) first = end > 1 ? 1 : 0;
  const clients = tokens.slice(first, Math.max(end, first + 1)).filter((token) => token !== '');
  return {
    host: first > 0 ? (tokens[0] ?? '') : '',
    client: clients.find(isPublic) ?? clients[0] ?? '',
    user: tokens.slice(end + 1).join(' '),
    isForwarded: clients.length > 1,
  };
}

/** The client's name where the server looked it up (Apache's HostnameLookups): it stands for whoever has no address and gave no user name. */
export function clientName({ client }: WebClient): string {
  return client === '-' || SELF.has(client) || isAddress(client) ? '' : client;
}
