import { decodeUtf8 } from '../../base/bytes';
import type { StringId } from '../../base/brand';
import type { TimeBasis } from '../../base/time';
import type { Dictionaries } from '../../tables/dictionaries';
import type { TableBuilder } from '../../tables/builders';
import { commitChange } from './commit-rows';

/** What every row of one log line shares, whatever table it goes to. */
export interface LineEvent {
  us: number;
  basis: TimeBasis;
  /** The machine that wrote the line, as it names itself. */
  host: StringId;
  process: number;
  offset: number;
  line: number;
}

/** Longest text of one field that is kept. Longer ones are cut: no user name, command or path an analyst reads is longer. */
export const MAX_FIELD_BYTES = 2048;

export function internField(
  dictionaries: Dictionaries,
  bytes: Uint8Array,
  start: number,
  end: number,
): StringId {
  return dictionaries.strings.internBytes(bytes, start, Math.min(end, start + MAX_FIELD_BYTES));
}

export function internText(dictionaries: Dictionaries, text: string): StringId {
  return dictionaries.strings.intern(text.length > MAX_FIELD_BYTES ? text.slice(0, MAX_FIELD_BYTES) : text);
}

/** Text of a message for the formats that are not hot, cut at what a person would read of it. */
export function messageText(bytes: Uint8Array, start: number, end: number): string {
  return decodeUtf8(bytes, start, Math.min(end, start + 4 * MAX_FIELD_BYTES));
}

/** One login row, written straight into the columns: the generic `commit` costs more than parsing the line did. */
export function writeLogin(
  builder: TableBuilder<'logins'>,
  event: LineEvent,
  service: number,
  outcome: number,
  method: number,
  user: number,
  address: number,
  name: number,
  port: number,
  key: number,
  became = 0,
): void {
  const i = builder.open(event.offset, event.line);
  const columns = builder.columns;
  columns.timeUs[i] = event.us;
  columns.actorAddr[i] = address;
  columns.actorPort[i] = port;
  columns.actorName[i] = name;
  columns.host[i] = event.host;
  columns.service[i] = service;
  columns.user[i] = user;
  columns.became[i] = became;
  columns.method[i] = method;
  columns.outcome[i] = outcome;
  columns.key[i] = key;
  columns.process[i] = event.process;
  columns.timeBasis[i] = event.basis;
  builder.commitDirect(event.offset, event.line);
}

/** What a change row says beside its LineEvent. */
export interface ChangeFields {
  readonly kind: number;
  readonly outcome: number;
  readonly principal: string;
  readonly target: string;
  readonly detail: string;
}

export function writeChange(
  builder: TableBuilder<'changes'>,
  dictionaries: Dictionaries,
  event: LineEvent,
  fields: ChangeFields,
): void {
  const row = builder.row;
  row.timeUs = event.us;
  row.timeBasis = event.basis;
  row.host = event.host;
  row.kind = fields.kind;
  row.outcome = fields.outcome;
  row.principal = internText(dictionaries, fields.principal);
  row.target = internText(dictionaries, fields.target);
  row.detail = internText(dictionaries, fields.detail);
  commitChange(builder, event.offset, event.line);
}
