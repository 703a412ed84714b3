import { decodeUtf8 } from '../../base/bytes';
import { CHANGE_KIND, CHANGE_OUTCOME, LOGIN_METHOD, LOGIN_OUTCOME } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { commitFlow } from './commit-rows';
import { splitEndpoint } from './endpoint';
import { protocolOf, tcpFlagsOf } from './enumerations';
import { MessageReader } from './firewall-messages';
import { countOf, fillFlow, writeFirewallChange, writeFirewallLogin } from './firewall-rows';
import type { LineEvent } from './line-event';
import { verdictOfPrefix } from './netfilter';
import { noTime } from './reject-reasons';

const MAX_MESSAGE = 4096;
/** `proto TCP (SYN), 203.0.113.7:50001->192.0.2.10:22, …len 60`; flags say more of TCP, `type 8, code 0` of ICMP. */
const PACKET =
  /\bproto ([\w-]{1,20})(?: \(([^)]{0,80})\))?, (\[?[0-9a-fA-F.:]{2,46}\]?(?::\d{1,5})?)->(\[?[0-9a-fA-F.:]{2,46}\]?(?::\d{1,5})?)(?:,|$)/;
/** A chain, and where the packet came in. */
const CHAIN = /(?:^| )[a-z-]{1,20}: in:/;
const LENGTH = /,? len (\d{1,6})$/;
const ICMP = /type (\d{1,3}), code (\d{1,3})/;
/** Greedy: what a user name holds must not stand for the address. */
const LOGGED = /^user (.{1,128}) logged (in|out)(?: from (\S{1,64}))?(?: via (\S{1,40}))?$/;
const FAILED = /^login failure for user (.{0,128})$/;
/** Of PPP and its kin: the user gets the first address, and comes from the second where that is known. */
const TUNNEL = /^(.{1,128}?) logged (in|out), (?:[0-9a-fA-F.:]{2,46}|\d[\d ]{0,100}?)?(?: from (\S{1,64}))?$/;
const REFUSED = /\buser (.{1,128}?) authentication failed\b/;
/** Newer releases put the word first for some: `changed script settings by tcp-msg(winbox):admin@203.0.113.7 (…)`. */
const CHANGED =
  /^(?:(?<first>added|changed|removed|moved) (?<what>.{1,200}?)|(?<target>.{1,200}?) (?<done>added|changed|removed|moved)) by (?:\S{1,40}:)?(?<who>\S{1,128}?)(?:@(?<from>[0-9a-fA-F.:]{2,46}))?(?: \(.*)?$/;

/**
 * Lines of RouterOS by their topics (MikroTik, "Log", "Firewall log"): packets that a rule with logging met, logins to the router, by PPP and its kin, what was added, changed or
 * removed. What became of a packet only the prefix may tell that its rule gives.
 */
export class MikrotikMessages extends MessageReader {
  constructor(sink: RecordSink, event: LineEvent) {
    super(sink, event, 'routeros');
  }

  /** The message from its topics on. The reason when it cannot be read. */
  override read(bytes: Uint8Array, start: number, end: number): string | null {
    const text = decodeUtf8(bytes, start, Math.min(end, start + MAX_MESSAGE));
    // BSD syslog leaves the topics out.
    const [, topics = '', message = text.trim()] =
      /^([a-z\d!-]+(?:,[a-z\d!-]+)+)\s+(.*)$/s.exec(text.trim()) ?? [];
    if (Number.isNaN(this.event.us)) return noTime('a time before the topics', 'Mar 10 12:00:00');
    if (topics.startsWith('firewall,') || (topics === '' && CHAIN.test(message)))
      return this.#packet(message);
    if (!this.#login(topics, message) && !this.#change(topics, message)) this.kinds.skip(topics || 'other');
    return null;
  }

  #packet(message: string): string | null {
    const match = PACKET.exec(message);
    if (!match)
      return 'the packet is not told as expected: proto TCP (SYN), 192.0.2.1:50001->192.0.2.2:22, len 60';
    const [, name = '', more = '', from = '', to = ''] = match;
    const source = splitEndpoint(from);
    const destination = splitEndpoint(to);
    const protocol = protocolOf(name);
    const [, type = '', code = ''] = ICMP.exec(more) ?? [];
    const reason = fillFlow(this.sink, this.event, {
      ...{ source: source.address, destination: destination.address, protocol },
      sourcePort: type || String(source.port),
      destinationPort: code || String(destination.port),
      verdict: verdictOfPrefix(message.slice(0, Math.max(0, message.search(/\bin:/)))),
      sentBytes: countOf(LENGTH.exec(message)?.[1] ?? ''),
      sentPackets: 1,
    });
    if (reason !== null) return reason;
    if (protocol === 6 && more !== '') this.sink.flows.row.tcpFlags = tcpFlagsOf(more);
    commitFlow(this.sink.flows, this.event.offset, this.event.line);
    return null;
  }

  #login(topics: string, message: string): boolean {
    // What a script writes, it may write of anything.
    const isOfSystem = topics === '' || /(?:^|,)(?:system|account)(?:,|$)/.test(topics);
    const logged = isOfSystem ? LOGGED.exec(message) : null;
    const failed = isOfSystem ? FAILED.exec(message) : null;
    if (logged) this.#write(logged[3], logged[4] ?? 'router', logged[1], inOrOut(logged[2]));
    else if (failed) this.#failure(failed[1] ?? '');
    if (logged || failed) return true;
    const isTunnel = /(?:^|,)(?:ppp|pppoe|l2tp|pptp|sstp|ovpn|account)(?:,|$)/.test(topics);
    const service = (topics.split(',')[0] ?? '').replace(/^account$/, 'ppp');
    const tunnel = isTunnel ? TUNNEL.exec(message) : null;
    const refused = isTunnel ? REFUSED.exec(message) : null;
    if (tunnel) this.#write(tunnel[3], service, tunnel[1], inOrOut(tunnel[2]));
    else if (refused) this.#write('', service, refused[1], LOGIN_OUTCOME.failure);
    return tunnel !== null || refused !== null;
  }

  #failure(text: string): void {
    const [, user = text, actor, via = 'router'] =
      /^(.*) from (\S{1,64}) via (\S{1,40})$/.exec(text) ?? /^(.*)()(?: via (\S{1,40}))$/.exec(text) ?? [];
    this.#write(actor, via, user, LOGIN_OUTCOME.failure);
  }

  #write(actor = '', service: string, user = '', outcome: number): void {
    const method = LOGIN_METHOD.unknown;
    writeFirewallLogin(this.sink, this.event, { actor, service, user, method, outcome });
  }

  #change(topics: string, message: string): boolean {
    const found = CHANGED.exec(message)?.groups;
    if (!/^(?:system,|$)/.test(topics) || !found) return false;
    const { first, what, target = what ?? '', done = first, who = '', from = '' } = found;
    const isUser = /^user\b/.test(target);
    writeFirewallChange(this.sink, this.event, {
      actor: from,
      kind:
        isUser && done === 'added'
          ? CHANGE_KIND.userCreated
          : isUser && done === 'removed'
            ? CHANGE_KIND.userDeleted
            : CHANGE_KIND.policyChanged,
      outcome: CHANGE_OUTCOME.success,
      principal: who,
      target,
      detail: message,
    });
    return true;
  }
}

function inOrOut(word = ''): number {
  return word === 'in' ? LOGIN_OUTCOME.success : LOGIN_OUTCOME.sessionClosed;
}
