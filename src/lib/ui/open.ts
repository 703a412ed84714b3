import type { RowQuery, SourceInfo } from '../analysis/evidence';
import type { CaseSession } from '../state/case-session.svelte';
import { TABLE_NAMES, type TableName } from '../tables/schemas';

/** Picks an actor and opens all rows of it, a tab a table that has any. */
export function openActor(session: CaseSession, actor: string): void {
  const isPicked = session.selection.actor === actor;
  session.select({ actor });
  if (!isPicked) session.openRows(actor, rowsOfActor(session, actor));
}

/** All rows of an actor, for the tables that hold anything at all. */
export function rowsOfActor(session: CaseSession, actor: string): readonly RowQuery[] {
  return tablesInUse(session.sources).map((table) => ({ table, actor }));
}

/** The tables that any of the sources has rows in; all while none has. */
export function tablesInUse(sources: readonly SourceInfo[]): readonly TableName[] {
  const inUse = TABLE_NAMES.filter((table) => sources.some((source) => source.rows[table] > 0));
  return inUse.length > 0 ? inUse : TABLE_NAMES;
}
