import { decodeUtf8, encodeUtf8 } from '../../base/bytes';
import { MICROS_PER_SECOND } from '../../base/time';
import { LOGIN_OUTCOME, QUERY_OUTCOME, UNKNOWN_PROTOCOL, VERDICT } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { CheckPointMessages } from './check-point';
import { commitFlow, commitQuery } from './commit-rows';
import { loginOutcomeOf, protocolOf, queryVerbOf, verdictOf } from './enumerations';
import { readEventLine, type EventLine } from './event-lines';
import { MessageReader } from './firewall-messages';
import { countOf, fillFlow, LONGEST_SECONDS, portOf, writeFirewallLogin } from './firewall-rows';
import { FortigateMessages } from './fortigate';
import { internText, type LineEvent } from './line-event';
import { noTime } from './reject-reasons';
import { parsedTime } from './time';
import { parseTimeText } from './time-text';

const MAX_MESSAGE = 32_768;

/** What events of logins are called: `User Login`, `LogonFail`, `Logged on`, `User Signed In`, `/Authentication/Verify`. */
const LOGIN =
  /(?:(?<![A-Za-z])log|Log|LOG)(?:ged|GED)?[ _-]?(?:[io]n|off|out|[IO]n|Off|Out|IN|ON|OFF|OUT)(?![a-z])|[Ss]ign(?:ed)?[ _-]?(?:[io]n|[IO]n|out|Out)(?![a-z])|(?<![A-Za-z])[Aa]uth(?:enticat|[ _-])/;
const FAILED = /fail|den(?:y|ied)|invalid|incorrect|reject|wrong|lock(?:ed)?[ _-]?out|\bbad\b/i;
const ENDED = /log(?:ged)?[ _-]?(?:off|out)|sign(?:ed)?[ _-]?out/i;
const SUCCEEDED = /succe|accept|allow|grant|(?:logged|signed)[ _-]?[io]n/i;
const NOBODY = /^(?:n\/a|unknown|anonymous|-)$/i;

/** FortiGate's own names of what its CEF renames ("FortiOS to CEF log field mapping guidelines"); all others have one of two prefixes. */
const FORTIGATE_NAMES: Readonly<Record<string, string>> = {
  ...{ src: 'srcip', dst: 'dstip', spt: 'srcport', dpt: 'dstport', proto: 'proto', act: 'action' },
  ...{
    out: 'sentbyte',
    in: 'rcvdbyte',
    externalId: 'sessionid',
    deviceExternalId: 'devid',
    dvchost: 'devname',
  },
  ...{ duser: 'user', suser: 'user', sproc: 'ui', outcome: 'status' },
};
/** Log Exporter's own names of what its CEF and LEEF rename (CefFieldsMapping.xml, LeefFieldsMapping.xml). */
const CHECK_POINT_NAMES: Readonly<Record<string, string>> = {
  ...{ act: 'action', spt: 's_port', dpt: 'service', in: 'received_bytes', out: 'sent_bytes', rt: 'time' },
  ...{ srcPort: 's_port', dstPort: 'service', devTime: 'time', usrName: 'user', suser: 'user' },
  ...{ c6a2: 'src', c6a3: 'dst' },
};
/** Makers of whom it is known that they count bytes as CEF says: `in` from the source to the destination. */
const COUNTS_AS_STATED = /palo alto/i;

/**
 * Security events of any product in ArcSight's CEF ("Common Event Format", version 0 and 1) and QRadar's LEEF (1.0 and 2.0): connections as flows, requests as
 * queries, logins as logins; all else is counted by product and name. FortiGate's and Check Point's are read as those firewalls' own records.
 */
export class EventMessages extends MessageReader {
  readonly #isFile: boolean;
  #fortigate: FortigateMessages | undefined;
  #checkPoint: CheckPointMessages | undefined;

  constructor(sink: RecordSink, event: LineEvent, isFile: boolean) {
    super(sink, event, 'event');
    this.#isFile = isFile;
  }

  override get hasHeld(): boolean {
    return this.#fortigate?.hasHeld === true || this.#checkPoint?.hasHeld === true;
  }

  override finish(): void {
    this.#fortigate?.finish();
    this.#checkPoint?.finish();
  }

  /** The message from `CEF:` or `LEEF:` on. The reason when it cannot be read. */
  override read(bytes: Uint8Array, start: number, end: number): string | null {
    const line = readEventLine(decodeUtf8(bytes, start, Math.min(end, start + MAX_MESSAGE)));
    if (!line) return 'the header is cut off: expected CEF:0|vendor|product|version|id|name|severity|';
    const get = (...names: readonly string[]): string => {
      for (const name of names) {
        const value = line.fields.get(name);
        if (value !== undefined && value !== '') return value;
      }
      return '';
    };
    const host = get('dvchost', 'dvc', 'deviceHostName');
    if (this.event.host === 0) this.event.host = internText(this.sink.dictionaries, host);
    if (/^check ?point/i.test(line.vendor)) return this.#ofCheckPoint(line);
    if (/^fortinet$/i.test(line.vendor) && /^fortigate/i.test(line.product)) return this.#ofFortigate(line);
    if (!this.#time(get)) return noTime('rt=, end=, devTime= or a time before the event', 'rt=1710072000000');
    return this.#record(line, get);
  }

  /** The event's own time, in milliseconds or words. Abbreviations of zones are ambiguous: the clock is taken as it is, and the zone asked for. */
  #time(get: Get): boolean {
    const own = get('rt', 'deviceReceiptTime', 'end', 'endTime', 'start', 'startTime', 'devTime');
    return this.takeOwnTime(own, own.replace(/ [A-Z]{2,5}$/, ''));
  }

  #record(line: EventLine, get: Get): string | null {
    const isDone = this.#login(line, get) || this.#query(get) || this.#flow(line, get);
    if (!isDone) this.kinds.skip(`${line.product} ${line.name || line.id}`);
    return null;
  }

  #login(line: EventLine, get: Get): boolean {
    const what = [line.id, line.name, get('cat', 'act', 'action'), get('categoryBehavior')].join(' ');
    const user = get('duser', 'suser', 'usrName', 'destinationUserName', 'sourceUserName', 'accountName');
    if (!LOGIN.test(what) || user === '' || NOBODY.test(user)) return false;
    const outcome = loginOutcome(
      `${what} ${get('act')}`,
      get('outcome', 'categoryOutcome'),
      get('msg', 'reason'),
    );
    if (outcome === LOGIN_OUTCOME.unknown) return false;
    writeFirewallLogin(this.sink, this.event, {
      actor: get(...SOURCE, 'shost', 'identSrc'),
      actorPort: portOf(get(...SOURCE_PORT)),
      service: get('app', 'sourceServiceName', 'destinationServiceName') || line.product,
      user,
      outcome,
    });
    return true;
  }

  #query(get: Get): boolean {
    const method = get('requestMethod', 'method');
    const target = get('request', 'url', 'requestUrl');
    if (method === '' || target === '') return false;
    const { queries, dictionaries } = this.sink;
    const { row } = queries;
    const event = this.event;
    const text = (value: string): number => internText(dictionaries, value);
    row.timeUs = event.us;
    row.timeBasis = event.basis;
    row.actorAddr = dictionaries.addresses.internText(get(...SOURCE));
    row.actorPort = portOf(get(...SOURCE_PORT));
    const user = get('suser', 'usrName');
    row.principal = text(NOBODY.test(user) ? '' : user);
    row.service = text('http');
    row.host = text(get('dhost')) || event.host;
    row.servicePort = portOf(get(...DESTINATION_PORT));
    row.verb = queryVerbOf(method);
    row.object = text(target);
    row.outcome =
      verdictOf(get('act', 'action')) === VERDICT.reject ? QUERY_OUTCOME.denied : QUERY_OUTCOME.unknown;
    row.agent = text(get('requestClientApplication', 'userAgent'));
    commitQuery(queries, event.offset, event.line);
    return true;
  }

  /** Both ends, and a port, a protocol or a verdict: an alert that names two machines tells of no connection. */
  #flow(line: EventLine, get: Get): boolean {
    const sourcePort = get(...SOURCE_PORT);
    const destinationPort = get(...DESTINATION_PORT);
    const protocol = protocolOf(get('proto', 'transportProtocol'));
    const verdict =
      verdictOf(get('act', 'action', 'deviceAction')) ||
      verdictOf((line.name || line.id).split(/[ _]/).at(-1) ?? '');
    if (protocol === UNKNOWN_PROTOCOL && destinationPort === '') return false;
    const [sentBytes, receivedBytes] = this.#bytes(line, get);
    const reason = fillFlow(this.sink, this.event, {
      ...{ source: get(...SOURCE), destination: get(...DESTINATION) },
      ...{ sourcePort, destinationPort, protocol, verdict, sentBytes, receivedBytes },
    });
    if (reason !== null) return false;
    const { row } = this.sink.flows;
    const startUs = microsOf(get('start', 'startTime'));
    const endUs = microsOf(get('end', 'endTime'));
    if (startUs < endUs && endUs - startUs <= LONGEST_SECONDS * MICROS_PER_SECOND) {
      row.startUs = startUs;
      row.endUs = endUs;
    }
    commitFlow(this.sink.flows, this.event.offset, this.event.line);
    return true;
  }

  /** Bytes from the source and back. */
  #bytes(line: EventLine, get: Get): readonly [number, number] {
    if (line.isLeef) return [countOf(get('srcBytes')), countOf(get('dstBytes'))];
    const sent = countOf(get('in', 'bytesIn'));
    const received = countOf(get('out', 'bytesOut'));
    const isCounted = !Number.isNaN(sent) || !Number.isNaN(received);
    if (isCounted && !COUNTS_AS_STATED.test(line.vendor))
      this.sink.note(
        'Bytes are read as CEF has them: "in" went from the source to the destination, "out" back. Some products write them the other way round; a connection whose sizes are known tells.',
      );
    return [sent, received];
  }

  #ofCheckPoint({ fields }: EventLine): string | null {
    this.#checkPoint ??= new CheckPointMessages(this.sink, this.event, this.#isFile);
    return this.#checkPoint.readFields(renamed(fields, (name) => CHECK_POINT_NAMES[name] ?? name));
  }

  #ofFortigate({ fields }: EventLine): string | null {
    const own = renamed(
      fields,
      (name) => FORTIGATE_NAMES[name] ?? name.replace(/^(?:FTNTFGT|FortinetFortiGate|ad\.)/, ''),
    );
    const [type = '', subtype = ''] = (fields.get('cat') ?? '').split(':');
    const pairs = [['type', type], ['subtype', subtype], ...own].map(
      ([name = '', value = '']) => `${name}="${value.replace(/["\\]/g, '\\$&')}"`,
    );
    const bytes = encodeUtf8(pairs.join(' '));
    this.#fortigate ??= new FortigateMessages(this.sink, this.event, this.#isFile);
    return this.#fortigate.read(bytes, 0, bytes.length);
  }
}

type Get = (...names: readonly string[]) => string;

const SOURCE = ['src', 'c6a2', 'sourceAddress', 'sourceTranslatedAddress'] as const;
const DESTINATION = ['dst', 'c6a3', 'destinationAddress'] as const;
const SOURCE_PORT = ['spt', 'srcPort', 'sourcePort'] as const;
const DESTINATION_PORT = ['dpt', 'dstPort', 'destinationPort'] as const;

function renamed(fields: ReadonlyMap<string, string>, nameOf: (name: string) => string): Map<string, string> {
  const result = new Map<string, string>();
  for (const [name, value] of fields) {
    const own = nameOf(name);
    if (!result.has(own)) result.set(own, value);
  }
  return result;
}

/** By what the event is called and says of its outcome; by its message only where neither tells: that may speak of earlier tries as well. */
function loginOutcome(words: string, stated: string, message: string): number {
  const outcome = loginOutcomeOf(stated);
  if (FAILED.test(words) || outcome === LOGIN_OUTCOME.failure) return LOGIN_OUTCOME.failure;
  if (outcome === LOGIN_OUTCOME.unknown && FAILED.test(message)) return LOGIN_OUTCOME.failure;
  const all = `${words} ${message}`;
  if (ENDED.test(all)) return LOGIN_OUTCOME.sessionClosed;
  return outcome === LOGIN_OUTCOME.unknown && SUCCEEDED.test(all) ? LOGIN_OUTCOME.success : outcome;
}

function microsOf(text: string): number {
  return text !== '' && parseTimeText(text) ? parsedTime.us : Number.NaN;
}
