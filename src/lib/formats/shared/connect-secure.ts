import { LOGIN_OUTCOME } from '../../tables/schemas';
import { readerOf, type LoginSaid } from './daemon-logins';

/** `2015-03-02 10:20:30 - vpn1 - [203.0.113.7] Default Network::bob(Users)[Staff][30f3179] - message`: client, user, realm, roles, session. */
const RECORD =
  / - \[([0-9a-fA-F.:]{2,46})\] (?:[^:()[\]]{1,64}::)?([^()[\]]{0,256})\(([^()]{0,256})\)\[[^\]]{0,1024}\](?:\[[^\]]{0,64}\])? - (.*)$/s;
/** What a user name may hold to pass for another message. */
const NESTED = /\)\[[^[\]]{0,1024}\](?:\[[^[\]]{0,64}\])? - /;

/**
 * Ivanti (before: Pulse, Juniper) Connect Secure, a VPN gateway, in its own "Standard" format. One try to log in is told of in up to three lines: the one about the
 * first or second factor counts as its failure, the one about the session as its success.
 */
function loginOf(text: string): LoginSaid | undefined {
  const [, from = '', user = '', realm = '', message = ''] = RECORD.exec(text) ?? [];
  if (from === '' || NESTED.test(message)) return undefined;
  const outcome = outcomeOf(message);
  if (outcome === undefined) return undefined;
  return { service: /^admin/i.test(realm) ? 'admin' : 'vpn', outcome, user: user.trim(), from };
}

function outcomeOf(message: string): number | undefined {
  if (/^(?:Primary|Secondary) authentication failed for /.test(message)) return LOGIN_OUTCOME.failure;
  // A password that is too short is not tried.
  if (/^Login failed using auth server .*Reason: ?Short ?Passw/.test(message)) return LOGIN_OUTCOME.failure;
  if (/^(?:Agent l|L)ogin succeeded for /.test(message)) return LOGIN_OUTCOME.success;
  if (/^VPN Tunneling: Session started for /.test(message)) return LOGIN_OUTCOME.sessionOpened;
  return /^(?:Logout from |Session timed out for )/.test(message) ? LOGIN_OUTCOME.sessionClosed : undefined;
}

export const readConnectSecure = readerOf(loginOf);
