import { TIME_BASIS } from '../base/time';
import { CONN_STATE, LOGIN_METHOD, LOGIN_OUTCOME, VERDICT } from '../tables/schemas';
import type { Format, Head, ParseContext } from './format';
import { protocolOf } from './shared/enumerations';
import { FlowWriter } from './shared/flow-writer';
import { isObject, portOf, textAt, type JsonObject } from './shared/json';
import { firstText, objectAt, parseJsonText, timeOf } from './shared/json-fields';
import { JsonRecords } from './shared/json-records';
import { wantedAt } from './shared/json-wanted';
import { noTime } from './shared/reject-reasons';
import { jsonKeys } from './shared/sniff-json';

const COLUMNS = wantedAt(
  ...['Timestamp', 'TimeGenerated', 'ActionType', 'DeviceName', 'LogonType', 'AccountName', 'Protocol'],
  ...['LogonId', 'RemoteDeviceName', 'RemoteIP', 'RemotePort', 'LocalIP', 'LocalPort', 'AdditionalFields'],
);
const WANTED = { ...wantedAt('category', 'time'), ...COLUMNS, properties: COLUMNS };

/** Kinds of logons by the words that the table has for them; Windows' own numbers bear the same names here. */
const LOGON_TYPES: Readonly<Record<string, string>> = {
  interactive: 'console',
  local: 'console',
  network: 'network logon',
  batch: 'batch',
  service: 'service',
  unlock: 'unlock',
  networkcleartext: 'network logon in clear text',
  newcredentials: 'new credentials',
  remoteinteractive: 'rdp',
  cachedinteractive: 'cached console',
  cachedremoteinteractive: 'cached rdp',
  cachedunlock: 'cached unlock',
};

/** Kinds of logons without a remote side. */
const LOCAL = /console|unlock|batch|service/;

const METHODS: Readonly<Record<string, number>> = {
  kerberos: LOGIN_METHOD.kerberos,
  ntlm: LOGIN_METHOD.ntlm,
};

/** `LogonAttempted` says that somebody tried, and another event how it ended. */
const OUTCOMES: Readonly<Record<string, number>> = {
  LogonSuccess: LOGIN_OUTCOME.success,
  LogonFailed: LOGIN_OUTCOME.failure,
  LogonAttempted: LOGIN_OUTCOME.unknown,
};

interface Connection {
  readonly isInbound: boolean;
  readonly state: number;
  readonly verdict: number;
}

const { attempt, established } = CONN_STATE;
/** `ActionType` of connections ("DeviceNetworkEvents", and the schema reference in the portal). */
const CONNECTIONS: Readonly<Record<string, Connection>> = {
  ConnectionSuccess: { isInbound: false, state: established, verdict: VERDICT.accept },
  ConnectionFound: { isInbound: false, state: CONN_STATE.midstream, verdict: VERDICT.accept },
  ConnectionRequest: { isInbound: false, state: attempt, verdict: VERDICT.unknown },
  ConnectionAttempt: { isInbound: false, state: attempt, verdict: VERDICT.unknown },
  ConnectionFailed: { isInbound: false, state: attempt, verdict: VERDICT.unknown },
  InboundConnectionAccepted: { isInbound: true, state: established, verdict: VERDICT.accept },
  InboundConnectionAttempt: { isInbound: true, state: attempt, verdict: VERDICT.unknown },
};

/**
 * Microsoft Defender's `DeviceLogonEvents` and `DeviceNetworkEvents` ("Advanced hunting schema", learn.microsoft.com/defender-xdr): rows of a query, of Log
 * Analytics, or records of the streaming API, which stand under `properties`.
 */
class DefenderParser extends JsonRecords {
  readonly #flow: FlowWriter;

  constructor(context: ParseContext) {
    super(context, WANTED);
    this.#flow = new FlowWriter(context.sink);
  }

  protected override take(record: JsonObject, offset: number, line: number): string | null {
    const row = isObject(record['properties']) ? objectAt(record, 'properties') : record;
    const action = textAt(row, 'ActionType');
    const logon = Object.hasOwn(OUTCOMES, action) ? OUTCOMES[action] : undefined;
    const connection = connectionOf(row, action);
    if (logon === undefined && !connection) {
      const kind = action || textAt(record, 'category').replace('AdvancedHunting-', '');
      this.sink.skip(kind === '' ? 'record of another table' : `${kind.slice(0, 60)} event`);
      return null;
    }
    const time = timeOf(firstText(row, 'Timestamp', 'TimeGenerated'));
    if (Number.isNaN(time.us)) return noTime('Timestamp or TimeGenerated', '2024-03-10T12:00:00.1234567Z');
    if (connection) return this.#connection(row, connection, time.us, offset, line);
    this.rows.at(time.us, TIME_BASIS.absolute, offset, line);
    const port = portOf(textAt(row, 'RemotePort'));
    const process = Number(textAt(row, 'LogonId'));
    const service = LOGON_TYPES[textAt(row, 'LogonType').toLowerCase()] ?? 'logon';
    this.rows.login({
      // At the machine itself it may name the machine.
      actor: textAt(row, 'RemoteIP') || (LOCAL.test(service) ? '' : textAt(row, 'RemoteDeviceName')),
      actorPort: port,
      host: textAt(row, 'DeviceName'),
      service,
      user: textAt(row, 'AccountName'),
      method: METHODS[textAt(row, 'Protocol').toLowerCase()] ?? LOGIN_METHOD.unknown,
      outcome: logon ?? LOGIN_OUTCOME.unknown,
      process: process > 0 && process <= 0xffffffff ? process : 0,
    });
    return null;
  }

  #connection(
    record: JsonObject,
    { isInbound, state, verdict }: Connection,
    us: number,
    offset: number,
    line: number,
  ): string | null {
    const flow = this.#flow;
    const { row } = flow;
    const [local, remote] = [textAt(record, 'LocalIP'), textAt(record, 'RemoteIP')];
    const [localPort, remotePort] = [textAt(record, 'LocalPort'), textAt(record, 'RemotePort')];
    flow.epochs(us, Number.NaN);
    if (isInbound) {
      flow.ends(remote, local);
      flow.ports(remotePort, localPort);
    } else {
      flow.ends(local, remote);
      flow.ports(localPort, remotePort);
    }
    // `TcpV4` and `UdpV6` beside `Tcp` and `Udp`.
    row.protocol = protocolOf(textAt(record, 'Protocol').replace(/V[46]$/i, ''));
    row.connState = row.protocol === 6 ? state : CONN_STATE.unknown;
    row.verdict = verdict;
    row.sensor = flow.ids.string(textAt(record, 'DeviceName'));
    return flow.commit(offset, line);
  }
}

/** What a row says of a connection. Of one whose content was looked at, which side began it stands among the additional fields. */
function connectionOf(row: JsonObject, action: string): Connection | undefined {
  if (Object.hasOwn(CONNECTIONS, action)) return CONNECTIONS[action];
  if (!action.endsWith('ConnectionInspected')) return undefined;
  const more = row['AdditionalFields'];
  const fields = isObject(more) ? more : (parseJsonText(typeof more === 'string' ? more : '') ?? {});
  const direction = textAt(fields, 'direction').toLowerCase();
  if (direction !== 'in' && direction !== 'out') return undefined;
  return { isInbound: direction === 'in', state: established, verdict: VERDICT.accept };
}

function sniffDefender(head: Head): number {
  const has = jsonKeys(head);
  if (!has?.('ActionType') || !has('DeviceName')) return 0;
  if (/"category"\s*:\s*"AdvancedHunting-Device/.test(head.text)) return 0.97;
  const isTable = has('LogonType') || (has('LocalIP') && has('LocalPort'));
  return isTable && has('RemoteIP') && (has('Timestamp') || has('TimeGenerated')) ? 0.96 : 0;
}

export const defender: Format = {
  id: 'defender',
  label: 'Microsoft Defender device logons and connections (JSON)',
  framing: 'json',
  splittable: true,
  heldOffAsset: true,
  tables: ['logins', 'flows'],
  sniff: sniffDefender,
  parser: (context) => new DefenderParser(context),
};
