import type { Findings } from '../../src/lib/analysis/findings';
import type { SourceInfo } from '../../src/lib/analysis/evidence';
import type { CaseParameters } from '../../src/lib/analysis/parameters';
import { ok, type Result, type Failure } from '../../src/lib/base/result';
import type { Engine, InputFile, LoadEvent } from '../../src/lib/workers/engine';

interface PendingAnalysis {
  readonly parameters: CaseParameters;
  resolve(result: Result<Findings, Failure | 'superseded'>): void;
}

/** An engine whose answers a test gives when it wants to; it records what it was asked. */
export class FakeEngine implements Engine {
  readonly analyses: PendingAnalysis[] = [];
  readonly calls: string[] = [];
  sources: readonly SourceInfo[] = [];
  rowTotal = 0;
  /** What `load` reports for each file, in order; the last event must end the file. */
  onLoad: (file: InputFile, index: number) => readonly LoadEvent[] = (_file, index) => [
    { kind: 'cancelled', index },
  ];

  async openCase(caseId: string): ReturnType<Engine['openCase']> {
    this.calls.push(`open ${caseId}`);
    return ok(this.sources);
  }

  async prepare(): Promise<void> {
    this.calls.push('prepare');
  }

  load(files: readonly InputFile[], onEvent: (event: LoadEvent) => void): ReturnType<Engine['load']> {
    this.calls.push(
      `load ${files.map((file) => `${file.name}${file.format ? `:${file.format}` : ''}`).join(' ')}`,
    );
    const finished = Promise.resolve().then(() => {
      files.forEach((file, index) => this.onLoad(file, index).forEach(onEvent));
    });
    return { cancel: () => undefined, finished };
  }

  async removeSource(): ReturnType<Engine['removeSource']> {
    return ok(this.sources);
  }

  async changeSource(
    ...[id, change]: Parameters<Engine['changeSource']>
  ): ReturnType<Engine['changeSource']> {
    this.calls.push(`change ${id} ${JSON.stringify(change)}`);
    return ok(this.sources);
  }

  analyze(parameters: CaseParameters): ReturnType<Engine['analyze']> {
    return new Promise((resolve) => this.analyses.push({ parameters, resolve }));
  }

  cancelAnalysis(): void {
    this.calls.push('cancel analysis');
  }

  /** What a measurement gives; a test may set it. */
  detectability: Awaited<ReturnType<Engine['measureDetectability']>> = ok(null);

  async measureDetectability(
    ...[, options, onProgress]: Parameters<Engine['measureDetectability']>
  ): ReturnType<Engine['measureDetectability']> {
    this.calls.push(`detectability ${options?.asset ?? ''} ${options?.port ?? ''}`.trim());
    onProgress?.({ step: 'detectability', done: 1, total: 2 });
    return this.detectability;
  }

  async rows(...[asked, from, count]: Parameters<Engine['rows']>): ReturnType<Engine['rows']> {
    const { table } = ('table' in asked ? asked : asked[0]) ?? { table: 'flows' as const };
    const left = Math.max(0, Math.min(count, this.rowTotal - from));
    return ok({
      total: this.rowTotal,
      columns: { [table]: ['timeUs'] },
      rows: Array.from({ length: left }, (_, at) => ({
        table,
        row: from + at,
        source: 'a.log',
        sourceId: 0,
        line: from + at + 1,
        offset: 0,
        cells: ['0'],
      })),
    });
  }

  async raw(...[, rows]: Parameters<Engine['raw']>): ReturnType<Engine['raw']> {
    return ok(
      rows.map((row) => ({
        source: 'a.log',
        sha256: 'x',
        line: row + 1,
        offset: 0,
        text: `line ${row + 1}`,
      })),
    );
  }

  async receipts(...[queries]: Parameters<Engine['receipts']>): ReturnType<Engine['receipts']> {
    return ok(
      queries.map((query) => ({
        query,
        count: query.table === 'flows' ? 0 : this.rowTotal,
        sources: [],
        first: [],
      })),
    );
  }

  async preview(): ReturnType<Engine['preview']> {
    return ok({
      formatId: 'csv',
      delimiter: ',',
      columns: [],
      rows: [],
      guess: { table: 'flows', columns: {} },
    });
  }

  async previewSource(): ReturnType<Engine['previewSource']> {
    return this.preview();
  }

  async exportCase(): ReturnType<Engine['exportCase']> {
    return ok(new Blob([]));
  }

  async importCase(): ReturnType<Engine['importCase']> {
    return ok(this.sources);
  }

  dispose(): void {
    this.calls.push('dispose');
  }
}
