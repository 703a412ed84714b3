import { TIME_BASIS, UNKNOWN_TIME, type TimeBasis } from '../../base/time';
import { CHANGE_OUTCOME, LOGIN_METHOD, QUERY_OUTCOME, QUERY_VERB } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { commitLogin, commitQuery } from './commit-rows';
import { TextIds } from './text-ids';

/** Fields left out stay unknown. Texts are the log's own; numbers are checked by whoever read them. */
export interface LoginFields {
  /** Address or name of the remote side. */
  readonly actor?: string;
  readonly actorPort?: number;
  readonly host?: string;
  readonly service: string;
  readonly user?: string;
  /** The account that `user` became; left out of the row where it is the same. */
  readonly became?: string;
  readonly method?: number;
  readonly outcome: number;
  readonly key?: string;
  readonly process?: number;
}

export interface QueryFields {
  readonly actor?: string;
  readonly actorPort?: number;
  readonly principal?: string;
  readonly service: string;
  readonly host?: string;
  readonly servicePort?: number;
  readonly verb?: number;
  readonly object?: string;
  readonly status?: number;
  readonly outcome?: number;
  readonly rowsReturned?: number;
  readonly bytesReturned?: number;
  readonly durationUs?: number;
  readonly agent?: string;
}

export interface ChangeRowFields {
  readonly actor?: string;
  readonly principal?: string;
  readonly kind: number;
  readonly target?: string;
  readonly cidr?: string;
  readonly portFrom?: number;
  readonly portTo?: number;
  readonly protocol?: number;
  readonly outcome?: number;
  readonly host?: string;
  readonly detail?: string;
}

/**
 * Writes rows from texts, for formats whose cost lies elsewhere (JSON above all). Call `at` for each record, then any number of rows. Each row
 * carries the record's time and place.
 */
export class RowWriter {
  readonly #sink: RecordSink;
  readonly #ids: TextIds;
  #us: number = UNKNOWN_TIME;
  #basis: TimeBasis = TIME_BASIS.absolute;
  #offset = 0;
  #line = 0;
  /** Rows written since `at`. */
  rows = 0;

  constructor(sink: RecordSink) {
    this.#sink = sink;
    this.#ids = new TextIds(sink.dictionaries);
  }

  at(us: number, basis: TimeBasis, offset: number, line: number): void {
    this.#us = us;
    this.#basis = basis;
    this.#offset = offset;
    this.#line = line;
    this.rows = 0;
  }

  login(fields: LoginFields): void {
    const { row } = this.#sink.logins;
    const actor = fields.actor ?? '';
    row.timeUs = this.#us;
    row.timeBasis = this.#basis;
    row.actorAddr = this.#address(actor);
    row.actorName = row.actorAddr === 0 ? this.#text(actor) : 0;
    row.actorPort = fields.actorPort ?? 0;
    row.host = this.#text(fields.host);
    row.service = this.#text(fields.service);
    row.user = this.#text(fields.user);
    row.became = fields.became === fields.user ? 0 : this.#text(fields.became);
    row.method = fields.method ?? LOGIN_METHOD.unknown;
    row.outcome = fields.outcome;
    row.key = this.#text(fields.key);
    row.process = fields.process ?? 0;
    commitLogin(this.#sink.logins, this.#offset, this.#line);
    this.rows += 1;
  }

  query(fields: QueryFields): void {
    const { row } = this.#sink.queries;
    row.timeUs = this.#us;
    row.timeBasis = this.#basis;
    row.actorAddr = this.#address(fields.actor ?? '');
    row.actorPort = fields.actorPort ?? 0;
    row.principal = this.#text(fields.principal);
    row.service = this.#text(fields.service);
    row.host = this.#text(fields.host);
    row.servicePort = fields.servicePort ?? 0;
    row.verb = fields.verb ?? QUERY_VERB.unknown;
    row.object = this.#text(fields.object);
    row.status = fields.status ?? 0;
    row.outcome = fields.outcome ?? QUERY_OUTCOME.unknown;
    row.rowsReturned = fields.rowsReturned ?? Number.NaN;
    row.bytesReturned = fields.bytesReturned ?? Number.NaN;
    row.durationUs = fields.durationUs ?? Number.NaN;
    row.agent = this.#text(fields.agent);
    commitQuery(this.#sink.queries, this.#offset, this.#line);
    this.rows += 1;
  }

  change(fields: ChangeRowFields): void {
    const { row } = this.#sink.changes;
    row.timeUs = this.#us;
    row.timeBasis = this.#basis;
    row.actorAddr = this.#address(fields.actor ?? '');
    row.principal = this.#text(fields.principal);
    row.kind = fields.kind;
    row.target = this.#text(fields.target);
    row.cidr = this.#text(fields.cidr);
    row.portFrom = fields.portFrom ?? 0;
    row.portTo = fields.portTo ?? 0;
    row.protocol = fields.protocol ?? 255;
    row.outcome = fields.outcome ?? CHANGE_OUTCOME.unknown;
    row.host = this.#text(fields.host);
    row.detail = this.#text(fields.detail);
    this.#sink.changes.commit(this.#offset, this.#line);
    this.rows += 1;
  }

  #text(text: string | undefined): number {
    return text === undefined || text === '' || text === '-' ? 0 : this.#ids.string(text);
  }

  #address(text: string): number {
    return text === '' ? 0 : this.#ids.address(text);
  }
}
