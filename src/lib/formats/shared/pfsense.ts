import { LOGIN_METHOD, LOGIN_OUTCOME } from '../../tables/schemas';
import { readerOf, type LoginSaid } from './daemon-logins';

/**
 * Logins at the web page of pfSense and OPNsense (auth.inc of both): `/index.php: Successful login for user 'admin' from: 203.0.113.7 (Local Database)`.
 * The address stands behind the name, whatever that holds.
 */
function loginOf(text: string): LoginSaid | undefined {
  const [, said = '', user = '', from = ''] =
    /^\/\S{1,128}: (Successful login|[Ww]eb ?[Cc]onfigurator authentication error|Web GUI authentication error|Session timed out|User logged out) for (?:user )?'(.{0,256})' from:? ([0-9a-fA-F.:]{2,46})(?: \([^()]{0,64}\))?$/.exec(
      text,
    ) ?? [];
  if (said === '') return undefined;
  const { success, failure, sessionClosed } = LOGIN_OUTCOME;
  return {
    service: 'web page of the firewall',
    outcome: said.startsWith('Successful') ? success : said.endsWith('error') ? failure : sessionClosed,
    user,
    from,
    method: LOGIN_METHOD.password,
  };
}

export const readPfsense = readerOf(loginOf);
