import { encodeUtf8 } from '../base/bytes';
import { TIME_BASIS, type TimeBasis } from '../base/time';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { asObject, isObject, numberOf, textAt, textOf, valueAt, type JsonObject } from './shared/json';
import { firstText, objectAt, parseJsonText, timeOf } from './shared/json-fields';
import { JsonReader } from './shared/json-reader';
import { wantedAt, type Wanted } from './shared/json-wanted';
import { hashBytes, hashed } from './shared/record-hash';
import { NOT_JSON, noTime } from './shared/reject-reasons';
import { fieldsIn, payloadData } from './shared/windows-payload';
import { WindowsRows, WINDOWS_FIELDS, type WindowsEvent } from './shared/windows';
import { RDP_LOGS } from './shared/windows-rdp';

const QUARTER_HOUR = 15 * 60 * 1e6;
/** A shipper that lags more than this behind the event cannot tell the event's zone. */
const MAX_LAG = 5 * 60 * 1e6;

/** Of an event's own data which fields are read depends on the event: it is taken whole, where it is an object of its own. */
const SYSTEM = wantedAt(
  ...['EventID', 'EventRecordID', 'Channel', 'Computer', 'TimeCreated', 'TimeCreated_attributes'],
);
const EVENT: Wanted = { System: SYSTEM, EventData: true, UserData: true };
const WANTED: Wanted = {
  ...wantedAt(
    ...WINDOWS_FIELDS,
    ...['EventID', 'EventId', 'event_id', 'winlog.event_id', 'event.code', 'EventCode'],
    ...['RecordNumber', 'EventRecordID', 'EventRecordId', 'record_number', 'RecordId', 'winlog.record_id'],
    ...['Channel', 'log_name', 'LogName', 'winlog.channel'],
    ...['Provider', 'ProviderName', 'provider_name', 'SourceName', 'source_name', 'winlog.provider_name'],
    ...[
      'EventTime',
      '@timestamp',
      'winlog.time_created',
      'TimeGenerated',
      'TimeCreated',
      'UtcTime',
      'SystemTime',
    ],
    ...[
      'Hostname',
      'Computer',
      'computer_name',
      'ComputerName',
      'MachineName',
      'winlog.computer_name',
      'host.name',
    ],
    ...['winlog.event_data', 'event_data', 'EventData', 'winlog.user_data', 'Payload'],
  ),
  Event: EVENT,
  System: SYSTEM,
  ...wantedAt('UserData', 'documents'),
  document: { data: { Event: EVENT } },
};

const DETECTIONS =
  'The file lists events that a rule of Chainsaw matched, each once here: an event that is not in it may have happened all the same. The event logs that it was drawn from (.evtx) tell all.';

/**
 * Windows events as JSON: winlogbeat (all versions) and Elastic Agent, nxlog and the OTRF data sets made with it, Sentinel and other flat exports, and
 * evtx converters that keep the XML's nesting: evtx_dump, Velociraptor (`parse_evtx`), Chainsaw, which puts what its rules say around it.
 */
class WindowsJsonParser implements RecordParser {
  readonly objects = new JsonReader(WANTED);
  readonly #sink: RecordSink;
  readonly #rows: WindowsRows;

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#rows = new WindowsRows(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const read = this.objects.read(bytes, start, end);
    const detected = read && objectAt(objectAt(read, 'document'), 'data');
    const isDetection = detected !== null && isObject(detected['Event']);
    if (read && read['documents'] !== undefined && !isDetection) {
      this.#sink.skip('rule over several events');
      return;
    }
    const record = read && (isDetection ? detected : nested(read));
    const id = record ? idOf(record) : Number.NaN;
    if (!record || Number.isNaN(id)) {
      this.#sink.reject(
        record ? 'there is no EventID (4624 and its like), so it is not known what happened' : NOT_JSON,
        bytes,
        start,
        end,
        line,
      );
      return;
    }
    const time = this.#time(record);
    if (Number.isNaN(time.us)) {
      this.#sink.reject(
        noTime('TimeCreated, @timestamp or EventTime', '2024-03-10T12:00:00.123Z'),
        bytes,
        start,
        end,
        line,
      );
      return;
    }
    if (isDetection) {
      this.#sink.note(DETECTIONS);
      if (this.#isRepeat(record, id, time.us, offset)) return;
    } else this.#number(record, offset, line);
    const data = dataOf(record);
    const event: WindowsEvent = {
      id,
      us: time.us,
      basis: time.basis,
      host: hostOf(record),
      channel: channelOf(record) || providerOf(record),
      get: (name) => {
        const text = textOf(data[name] ?? record[name]).trim();
        return text === '-' ? '' : text;
      },
    };
    this.#rows.write(event, offset, line);
  }

  /** An event stands there once for each rule that matched it. */
  #isRepeat(record: JsonObject, id: number, us: number, offset: number): boolean {
    const number = textAt(objectAt(objectAt(record, 'Event'), 'System'), 'EventRecordID');
    const key = encodeUtf8([hostOf(record), channelOf(record), id, us, number].join('\n'));
    hashBytes(key, 0, key.length);
    return this.#sink.isRepeat(hashed.low, hashed.high, offset);
  }

  #number(record: JsonObject, offset: number, line: number): void {
    const system = objectAt(objectAt(record, 'Event'), 'System');
    const text =
      firstText(record, 'RecordNumber', 'EventRecordID', 'EventRecordId', 'record_number', 'RecordId') ||
      textOf(valueAt(record, 'winlog.record_id')) ||
      textAt(system, 'EventRecordID');
    if (text === '') return;
    const channel = channelOf(record);
    this.#sink.number('windows', `${hostOf(record)} ${channel}`.trim(), Number(text), offset, line);
  }

  #time(record: JsonObject): { us: number; basis: TimeBasis } {
    const event = objectAt(record, 'Event');
    const system = objectAt(event, 'System');
    const created = objectAt(system, 'TimeCreated');
    const nested =
      textAt(created, 'SystemTime') ||
      textAt(objectAt(created, '#attributes'), 'SystemTime') ||
      textAt(objectAt(system, 'TimeCreated_attributes'), 'SystemTime') ||
      textAt(created, '@SystemTime');
    if (nested !== '') return timeOf(nested);
    const wall = textAt(record, 'EventTime');
    const shipped = record['@timestamp'];
    if (wall === '')
      return timeOf(
        valueAt(record, 'winlog.time_created') ??
          shipped ??
          firstText(record, 'TimeGenerated', 'TimeCreated', 'UtcTime', 'SystemTime'),
      );
    const local = timeOf(wall);
    const arrival = timeOf(shipped);
    if (local.basis !== TIME_BASIS.local || Number.isNaN(arrival.us) || arrival.basis !== TIME_BASIS.absolute)
      return local;
    // nxlog writes the local clock; the shipper's own stamp, seconds later and in UTC, gives the zone away.
    const offset = Math.round((arrival.us - local.us) / QUARTER_HOUR) * QUARTER_HOUR;
    const lag = arrival.us - local.us - offset;
    if (Math.abs(lag) > MAX_LAG || Math.abs(offset) > 56 * QUARTER_HOUR) return local;
    this.#sink.note(
      `Event times are the machine's local clock; their zone (${offset <= 0 ? '+' : '−'}${(Math.abs(offset) / 3.6e9).toFixed(2)} h) was read off the shipper's time stamps.`,
    );
    return { us: local.us + offset, basis: TIME_BASIS.absolute };
  }
}

/** With its parts under `Event`, as in the XML, where they stand at the first level. */
function nested(record: JsonObject): JsonObject {
  const { System, EventData, UserData } = record;
  return isObject(System) ? { ...record, Event: { System, EventData, UserData } } : record;
}

function idOf(record: JsonObject): number {
  const system = objectAt(objectAt(record, 'Event'), 'System');
  const nested = system['EventID'];
  const nestedText = isObject(nested) ? firstText(nested, '#text', 'Value', '#content') : textOf(nested);
  for (const value of [
    record['EventID'],
    record['EventId'],
    record['event_id'],
    valueAt(record, 'winlog.event_id'),
    nestedText,
    valueAt(record, 'event.code'),
    record['EventCode'],
  ]) {
    const id = numberOf(isObject(value) ? value['Value'] : value);
    if (Number.isInteger(id) && id >= 0) return id;
  }
  return Number.NaN;
}

function dataOf(record: JsonObject): JsonObject {
  const event = objectAt(record, 'Event');
  for (const value of [
    valueAt(record, 'winlog.event_data'),
    record['event_data'],
    event['EventData'],
    event['UserData'],
    record['EventData'],
    valueAt(record, 'winlog.user_data'),
  ]) {
    const object =
      typeof value === 'string' && value.startsWith('{') ? parseJsonText(value) : asObject(value);
    if (object) return fieldsIn(object);
  }
  return payloadData(textAt(record, 'Payload')) ?? record;
}

function hostOf(record: JsonObject): string {
  const system = objectAt(objectAt(record, 'Event'), 'System');
  return (
    firstText(record, 'Hostname', 'Computer', 'computer_name', 'ComputerName', 'MachineName') ||
    textOf(valueAt(record, 'winlog.computer_name')) ||
    textAt(system, 'Computer') ||
    textOf(valueAt(record, 'host.name'))
  );
}

function channelOf(record: JsonObject): string {
  return (
    firstText(record, 'Channel', 'log_name', 'LogName') ||
    textOf(valueAt(record, 'winlog.channel')) ||
    textAt(objectAt(objectAt(record, 'Event'), 'System'), 'Channel')
  );
}

function providerOf(record: JsonObject): string {
  return (
    firstText(record, 'Provider', 'ProviderName', 'provider_name', 'SourceName', 'source_name') ||
    textOf(valueAt(record, 'winlog.provider_name'))
  );
}

function sniffWindows(head: Head): number {
  const start = head.text.slice(0, 16_384);
  if (!/^\s*[[{]/.test(start)) return 0;
  const hasId = /"(?:EventID|EventId|event_id|EventCode)"\s*:/.test(start);
  const isSecurity =
    /Microsoft-Windows-Security-Auditing|"(?:Channel|log_name|channel)"\s*:\s*"Security"/.test(start) ||
    RDP_LOGS.test(start);
  const hasFields =
    /"(?:TargetUserName|SubjectUserName|LogonType|winlog|ProviderGuid|SubjectLogonId)"\s*:/.test(start);
  if (!hasId) return 0;
  return isSecurity ? 0.96 : hasFields ? 0.85 : 0.1;
}

export const windowsJson: Format = {
  id: 'windows-json',
  label: 'Windows security events (JSON)',
  framing: 'json',
  splittable: true,
  tables: ['logins', 'changes', 'queries', 'flows'],
  sniff: sniffWindows,
  parser: (context) => new WindowsJsonParser(context),
};
