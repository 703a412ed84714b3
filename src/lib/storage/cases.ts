import { MICROS_PER_MS } from '../base/time';
import { keysOf, type Database } from './database';
import { missingCase } from './failures';

/** A case as the list of cases shows it. */
export interface CaseSummary {
  readonly id: string;
  readonly name: string;
  readonly createdUs: number;
  readonly updatedUs: number;
  readonly sources: number;
  /** Sum of the sources' sizes as given. */
  readonly sizeBytes: number;
}

function nowUs(): number {
  return Date.now() * MICROS_PER_MS;
}

/** All cases, the one that was changed last first. */
export async function listCases(db: Database): Promise<readonly CaseSummary[]> {
  return db.transaction('r', db.cases, db.sources, async () => {
    const totals = new Map<string, { sources: number; sizeBytes: number }>();
    await db.sources.each((source) => {
      if (!source.complete) return;
      const total = totals.get(source.caseId) ?? { sources: 0, sizeBytes: 0 };
      total.sources += 1;
      total.sizeBytes += source.sizeBytes;
      totals.set(source.caseId, total);
    });
    const cases = await db.cases.orderBy('updatedUs').reverse().toArray();
    return cases.map(({ id, name, createdUs, updatedUs }) => ({
      id,
      name,
      createdUs,
      updatedUs,
      ...(totals.get(id) ?? { sources: 0, sizeBytes: 0 }),
    }));
  });
}

/** Makes an empty case and gives its id. `document`: the notebook's document, a plain JSON value. */
export async function createCase(
  db: Database,
  name: string,
  document: unknown,
  id: string = crypto.randomUUID(),
): Promise<string> {
  const now = nowUs();
  await db.cases.add({
    id,
    name,
    createdUs: now,
    updatedUs: now,
    document,
    parameters: parametersOf(document),
    revision: 0,
  });
  return id;
}

/** The stored document, or undefined when there is no such case. */
export async function loadDocument(db: Database, caseId: string): Promise<unknown> {
  return (await db.cases.get(caseId))?.document;
}

/** The parameters of the stored document, without the upgraders that a whole document needs. */
export async function loadParameters(db: Database, caseId: string): Promise<unknown> {
  return (await db.cases.get(caseId))?.parameters;
}

/**
 * Keeps a document that is made of the one that is stored, which another tab may have changed meanwhile; gives it back. The case's name follows
 * the document's.
 */
export async function saveDocument<T>(
  db: Database,
  caseId: string,
  make: (stored: unknown) => T,
): Promise<T> {
  return db.transaction('rw', db.cases, async () => {
    const stored = await db.cases.get(caseId);
    if (!stored) throw missingCase();
    const document = make(stored.document);
    const name = fieldOf(document, 'name');
    await db.cases.put({
      ...stored,
      ...(typeof name === 'string' ? { name } : {}),
      document,
      parameters: parametersOf(document),
      updatedUs: nowUs(),
    });
    return document;
  });
}

/** Keeps which files are being read (`begun`) and which no longer are (`ended`), beside those of other tabs. */
export async function noteUnread(
  db: Database,
  caseId: string,
  begun: readonly string[],
  ended: readonly string[],
): Promise<void> {
  await db.transaction('rw', db.cases, async () => {
    const stored = await db.cases.get(caseId);
    // A case that another tab has deleted has nothing to be told when it is next opened.
    if (!stored) return;
    const names = new Set([...(stored.unread ?? []), ...begun]);
    for (const name of ended) names.delete(name);
    await db.cases.update(caseId, { unread: [...names] });
  });
}

/** The names of files that were not read to their end, which are then no longer kept. */
export async function takeUnread(db: Database, caseId: string): Promise<readonly string[]> {
  return db.transaction('rw', db.cases, async () => {
    const unread = (await db.cases.get(caseId))?.unread ?? [];
    if (unread.length > 0) await db.cases.update(caseId, { unread: [] });
    return unread;
  });
}

export async function renameCase(db: Database, caseId: string, name: string): Promise<void> {
  await db.transaction('rw', db.cases, async () => {
    const stored = await db.cases.get(caseId);
    if (!stored) throw missingCase();
    const document =
      typeof stored.document === 'object' && stored.document !== null
        ? { ...stored.document, name }
        : stored.document;
    await db.cases.put({ ...stored, name, document, updatedUs: nowUs() });
  });
}

/** Deletes the case, its rows, dictionaries and originals: nothing of it is left in the database. */
export async function deleteCase(db: Database, caseId: string): Promise<void> {
  await db.transaction('rw', [db.cases, db.sources, db.segments, db.dictionaries, db.originals], async () => {
    await db.cases.delete(caseId);
    for (const table of [db.sources, db.segments, db.dictionaries, db.originals]) {
      await table
        .where(':id')
        .between(...keysOf(caseId))
        .delete();
    }
  });
}

function parametersOf(document: unknown): unknown {
  return fieldOf(document, 'parameters') ?? {};
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
