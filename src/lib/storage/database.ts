import { Dexie, type Table } from 'dexie';
import type {
  StoredCase,
  StoredDictionaryPart,
  StoredOriginal,
  StoredSegments,
  StoredSource,
} from './stored';

export const DATABASE_NAME = 'undertone';

/** The tables of the database and every version that they ever had. */
export class Database extends Dexie {
  declare readonly cases: Table<StoredCase, string>;
  declare readonly sources: Table<StoredSource, [string, number]>;
  declare readonly segments: Table<StoredSegments, [string, number, number]>;
  declare readonly dictionaries: Table<StoredDictionaryPart, [string, number]>;
  declare readonly originals: Table<StoredOriginal, [string, number]>;

  constructor(name = DATABASE_NAME) {
    // Dexie's query cache would keep a second copy of tens of megabytes of rows in memory.
    super(name, { cache: 'disabled' });
    this.version(1).stores({
      cases: 'id, updatedUs',
      sources: '[caseId+id]',
      segments: '[caseId+sourceId+part]',
      dictionaries: '[caseId+part]',
      originals: '[caseId+sourceId]',
    });
  }
}

/** Every key of one case (or of one source of it, with `sourceId`) in a table whose key begins with the case's id. */
export function keysOf(caseId: string, sourceId?: number): [unknown[], unknown[]] {
  return sourceId === undefined
    ? [
        [caseId, Dexie.minKey],
        [caseId, Dexie.maxKey],
      ]
    : [
        [caseId, sourceId, Dexie.minKey],
        [caseId, sourceId, Dexie.maxKey],
      ];
}
