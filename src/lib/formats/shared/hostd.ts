import { LOGIN_METHOD, LOGIN_OUTCOME } from '../../tables/schemas';
import { readerOf, type LoginSaid } from './daemon-logins';

/**
 * Events of ESXi's host agent (5 to 8), by which the web client, the API and vCenter come in:
 * `[Originator@6876 sub=Vimsvc.ha-eventmgr opID=…] Event 175 : Cannot login root@203.0.113.7`. What it says of the same try besides ("Rejected password") is passed over.
 */
function loginOf(text: string): LoginSaid | undefined {
  const [, said = ''] =
    /^(?:[a-z]{4,8} hostd\[\w{1,16}\] ?)?(?:\[Originator@[^\]]{0,300}\] )?Event \d+ : (.*)$/.exec(text) ?? [];
  const of = (outcome: number, [, user, from]: RegExpExecArray): LoginSaid => ({
    service: 'hostd',
    outcome,
    user,
    from,
    method: LOGIN_METHOD.unknown,
  });
  const within = /^User (\S{1,255})@([0-9a-fA-F.:]+) logged in as /.exec(said);
  if (within) return of(LOGIN_OUTCOME.success, within);
  const refused = /^Cannot login (?:user )?(\S{1,255})@([0-9a-fA-F.:]*[0-9a-fA-F])/.exec(said);
  if (refused) return of(LOGIN_OUTCOME.failure, refused);
  const out = /^User (\S{1,255})@([0-9a-fA-F.:]+) logged out/.exec(said);
  return out ? of(LOGIN_OUTCOME.sessionClosed, out) : undefined;
}

export const readHostd = readerOf(loginOf);
