import { QUERY_OUTCOME, QUERY_VERB } from '../../tables/schemas';
import { asObject, isObject, textAt, textOf, type JsonObject } from './json';
import { objectsAt } from './json-fields';
import { MAX_FIELD_BYTES } from './line-event';
import type { RowWriter } from './row-writer';

/** A join of more tables is cut: no statement of a person has as many. */
const MAX_OBJECTS = 500;

/** What a row of ACCESS_HISTORY tells beside the objects. */
export interface AccessOrigin {
  readonly principal: string;
  readonly account: string;
}

/** The columns that list objects, as a client prints them: a list, or the text of one. */
export interface AccessColumns {
  readonly direct: unknown;
  readonly base: unknown;
  readonly modified: unknown;
  readonly byDdl: unknown;
}

/**
 * Rows of Snowflake's ACCESS_HISTORY ("ACCESS_HISTORY view", docs.snowflake.com/sql-reference): one for each object that a statement read or wrote. What
 * stands behind a view is told, not the view. Whether any row came of it.
 */
export function writeAccess(rows: RowWriter, columns: AccessColumns, origin: AccessOrigin): boolean {
  const base = objectsOf(columns.base);
  const read = base.length > 0 ? base : objectsOf(columns.direct);
  for (const object of read) writeObject(rows, object, QUERY_VERB.read, origin, 'read');
  for (const object of objectsOf(columns.modified))
    writeObject(rows, object, QUERY_VERB.write, origin, 'write');
  const changed = asObject(valueOf(columns.byDdl));
  if (changed) {
    const operation = textAt(changed, 'operationType').toUpperCase();
    const verb = operation === 'DROP' ? QUERY_VERB.delete : QUERY_VERB.admin;
    writeObject(rows, changed, verb, origin, operation);
  }
  return rows.rows > 0;
}

function writeObject(
  rows: RowWriter,
  object: JsonObject,
  verb: number,
  { principal, account }: AccessOrigin,
  operation: string,
): void {
  const name = textAt(object, 'objectName') || textAt(object, 'location');
  const columns = objectsAt(object, 'columns').map((column) => textAt(column, 'columnName'));
  if (name === '' && columns.length === 0) return;
  const parts = [operation, textAt(object, 'objectDomain'), name].filter((part) => part !== '');
  const shown = columns.length > 0 ? `${parts.join(' ')} (${columns.join(', ')})` : parts.join(' ');
  rows.query({
    principal,
    service: 'snowflake',
    // A full name begins with its database: `MAIL.PUBLIC.MESSAGES`, `"my db".PUBLIC.T`.
    host:
      /^(?:"([^"]+)"|([^".]+))\./
        .exec(name)
        ?.slice(1)
        .find((part) => part !== undefined) ?? account,
    verb,
    object: shown.slice(0, MAX_FIELD_BYTES),
    // The view tells of data that was read and written.
    outcome: QUERY_OUTCOME.success,
  });
}

function objectsOf(value: unknown): readonly JsonObject[] {
  const list = valueOf(value);
  return Array.isArray(list) ? list.filter(isObject).filter(isData).slice(0, MAX_OBJECTS) : [];
}

/** A function that was called is no data. */
function isData(object: JsonObject): boolean {
  return !/^(?:FUNCTION|PROCEDURE)$/i.test(textAt(object, 'objectDomain'));
}

/** Variants are objects and lists, which many clients print as text. */
function valueOf(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const text = textOf(value).trim();
  if (!/^[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // The one thing JSON.parse can throw: the text was cut, or is none of JSON.
    return undefined;
  }
}
