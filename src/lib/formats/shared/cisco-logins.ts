import { LOGIN_METHOD, LOGIN_OUTCOME } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { writeFirewallLogin } from './firewall-rows';
import { messageText, type LineEvent } from './line-event';

const { success, failure, sessionClosed } = LOGIN_OUTCOME;

/** Bytes of a message that are looked at: what a pattern may try on a longer one, made for that, takes too long. */
const LONGEST_MESSAGE = 512;

interface LoginMessage {
  /** Groups: `user`, `actor`, and `port` and `service` where the message names them. */
  readonly pattern: RegExp;
  readonly outcome: number;
  /** Absent where the message names it. */
  readonly service?: string;
  readonly method?: number;
}

/** `reason = AAA failure : server = 10.1.2.3 : user = bob : user IP = 192.0.2.1`, with and without blanks before the colons. */
const REJECTED =
  /^AAA user authentication Rejected\b.*?[: ]user = (?<user>.*?) ?(?:: ?user IP = (?<actor>[0-9A-Fa-f.:]+))?\s*$/;
const MANAGEMENT = 'from (?<actor>\\S+?)/(?<port>\\d+) to \\S*?/(?<service>\\S+) for user "(?<user>.*)"';
const SESSION = '^Group .*? User <?(?<user>.*?)>? IP <?(?<actor>[0-9A-Fa-f.:]+)>? ';

/**
 * What tells of a login, by message number. Of the several messages that one VPN session leaves, one counts as its success: the one that opens a
 * clientless session (716001) or gives a tunnel its address (722051).
 */
const MESSAGES: Readonly<Record<number, LoginMessage>> = {
  605004: { pattern: new RegExp(`^Login denied ${MANAGEMENT}`), outcome: failure },
  605005: { pattern: new RegExp(`^Login permitted ${MANAGEMENT}`), outcome: success },
  113004: {
    pattern: /^AAA user authentication Successful\b.*?[: ,]user = (?<user>.*?)\s*$/i,
    outcome: success,
    service: 'aaa',
  },
  113005: { pattern: REJECTED, outcome: failure, service: 'aaa', method: LOGIN_METHOD.password },
  113015: { pattern: REJECTED, outcome: failure, service: 'aaa', method: LOGIN_METHOD.password },
  716001: { pattern: new RegExp(`${SESSION}WebVPN session started`), outcome: success, service: 'vpn' },
  716002: {
    pattern: new RegExp(`${SESSION}WebVPN session terminated`),
    outcome: sessionClosed,
    service: 'vpn',
  },
  722051: { pattern: new RegExp(`${SESSION}.*assigned to session`), outcome: success, service: 'vpn' },
};

/** Reads the message with this number; false when it gives no row. */
export function readAsaLogin(
  sink: RecordSink,
  event: LineEvent,
  number: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const message = MESSAGES[number];
  const groups = message?.pattern.exec(
    messageText(bytes, start, Math.min(end, start + LONGEST_MESSAGE)),
  )?.groups;
  if (!message || !groups) return false;
  writeFirewallLogin(sink, event, {
    actor: groups['actor'] ?? '',
    actorPort: Number(groups['port'] ?? 0),
    service: message.service ?? groups['service'] ?? '',
    user: groups['user'] ?? '',
    method: message.method,
    outcome: message.outcome,
  });
  return true;
}
