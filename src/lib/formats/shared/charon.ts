import { LOGIN_METHOD, LOGIN_OUTCOME } from '../../tables/schemas';
import { readerOf, type LoginSaid } from './daemon-logins';

/**
 * strongSwan's daemon: `12[IKE] <rw|3> IKE_SA rw[3] established between 198.51.100.1[gw.example.org]...203.0.113.7[bob]` (ike_sa.c and its tasks): both sides have
 * proved who they are, whoever of them began. Refused peers are told of without their address, and are not read.
 */
function loginOf(text: string): LoginSaid | undefined {
  const [, from = '', id = ''] =
    /^(?:\d{1,4}\[IKE\] )?(?:<[^>]{1,128}> )?IKE_SA \S{1,128} established between \S{1,64}\[.{0,256}\]\.\.\.([0-9a-fA-F.:]{2,46})\[(.{0,256})\]$/.exec(
      text,
    ) ?? [];
  return from === ''
    ? undefined
    : {
        service: 'ipsec',
        outcome: LOGIN_OUTCOME.success,
        user: id === from ? '' : id,
        from,
        method: LOGIN_METHOD.other,
      };
}

export const readCharon = readerOf(loginOf);
