// First of all: Dexie takes the database that it finds when it is loaded.
import 'fake-indexeddb/auto';
import { describe, expect, it } from 'vitest';
import type { Findings } from '../analysis/findings';
import { bytesOf } from '../storage/tables';
import { makeAnalysisWork } from './analysis-work';
import type { KeeperOptions } from './case-keeper';
import type { InputFile } from './engine';
import { flowText, input, load, makeEngine, newCase, valueOf } from './local-engine';

/** Node has no synchronous reading of Blobs: a record is read whole, and stretches of it are copied out. */
const readable: KeeperOptions['readable'] = async (record) => {
  const bytes = await bytesOf(record);
  return { size: bytes.length, read: (from, to) => bytes.slice(from, to) };
};

const PARAMETERS = { ownNetworks: ['10.0.0.0/8'] };
const NOTE = /kept in this browser's storage/;

/** Two flow exports, which may rest in storage, and a host's log, which may not. */
function files(): InputFile[] {
  const lines = Array.from({ length: 400 }, (_, i) => {
    const clock = `Nov 14 22:${String(15 + Math.floor(i / 60)).padStart(2, '0')}:${String(i % 60).padStart(2, '0')}`;
    const user = ['root', 'admin', 'oracle', 'test'][i % 4] as string;
    return `${clock} log-3 sshd[${1000 + i}]: Failed password for ${user} from 203.0.113.${i % 50} port ${40_000 + i} ssh2`;
  });
  return [
    input(flowText(3000), 'one.log'),
    input(flowText(3000, 10_000), 'two.log'),
    input(`${lines.join('\n')}\n`, 'auth.log'),
  ];
}

function withoutNotes(findings: Findings): unknown {
  const text = JSON.stringify(findings, (_key, value: unknown) =>
    Array.isArray(value) ? value.filter((item) => !(typeof item === 'string' && NOTE.test(item))) : value,
  );
  return JSON.parse(text) as unknown;
}

describe('rows beyond what memory holds', () => {
  it('give the same findings, rows and raw lines, after loading and after reopening', async () => {
    const plain = makeEngine(makeAnalysisWork());
    valueOf(await plain.openCase(await newCase()));
    await load(plain, files());
    const expected = valueOf(await plain.analyze(PARAMETERS));
    const expectedRows = valueOf(await plain.rows({ table: 'flows' }, 2990, 20));

    const caseId = await newCase();
    const small = { heldBytes: 8_000, readable };
    const engine = makeEngine(makeAnalysisWork(), small);
    valueOf(await engine.openCase(caseId));
    await load(engine, files());
    const again = makeEngine(makeAnalysisWork(), small);
    const sources = valueOf(await again.openCase(caseId));
    expect(sources.map(({ notes }) => notes.filter((note) => NOTE.test(note)).length)).toEqual([1, 1, 0]);
    for (const resting of [engine, again]) {
      expect(withoutNotes(valueOf(await resting.analyze(PARAMETERS)))).toEqual(withoutNotes(expected));
      const rows = valueOf(await resting.rows({ table: 'flows' }, 2990, 20));
      expect(rows).toEqual(expectedRows);
      const [raw] = valueOf(await resting.raw('flows', [rows.rows[15]!.row]));
      expect(raw?.text).toBe(flowText(1, 10_005).trim());
    }
  });

  it('are not spoken of where all of them fit', async () => {
    const caseId = await newCase();
    const engine = makeEngine(makeAnalysisWork(), { readable });
    valueOf(await engine.openCase(caseId));
    await load(engine, files());
    const sources = valueOf(await makeEngine(makeAnalysisWork(), { readable }).openCase(caseId));
    expect(sources.flatMap(({ notes }) => notes).filter((note) => NOTE.test(note))).toEqual([]);
  });
});
