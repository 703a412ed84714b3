import type { Failure } from '../base/result';
import type { RowQuery, SourceInfo } from '../analysis/evidence';
import type { Findings } from '../analysis/findings';
import type { CaseParameters, SourceRule } from '../analysis/parameters';
import type { CsvMapping, TablePreview } from '../formats/format';
import type { NotebookDocument } from '../notebook/document';
import {
  headerKey,
  saveMapping,
  setParameters,
  setSourceRule,
  sourceRuleOf,
  togglePin,
  type Edit,
} from '../notebook/edits';
import { isSameJson } from '../notebook/merge';
import {
  NOTHING_SELECTED,
  isEmptySelection,
  toggleSelection,
  type Selection,
  type TimeRange,
} from '../notebook/selection';
import { isKnownZone } from '../notebook/times';
import type { AnalysisProgress, Engine, InputFile, LoadEvent } from '../workers/engine';
import { Batch } from './batch';
import type { Busy } from './busy';
import type { CaseStore } from './case-store';
import { DetectabilityMeasurement } from './detectability.svelte';
import { DocumentHistory } from './document-history.svelte';
import { DocumentStorage } from './document-storage';
import { FindingsTurns } from './findings-turns.svelte';
import { Loading, type LoadRow } from './loading.svelte';
import type { Notices } from './notices.svelte';
import { Receipts } from './receipts.svelte';
import { unsavedFailure, withSources } from './source-list';
import { UnreadFiles } from './unread-files';

/** Several files that end within this time are one analysis; a slider that moves is one, too. */
const ANALYSIS_REST_MS = 150;
/** The same for the first run while files are read: of a thousand files, the first alone say little. */
const FIRST_REST_MS = 1_000;
/** The same for those after it: to draw the findings of every dozen of a thousand files would take longer than reading them. */
const LOADING_REST_MS = 5_000;

/** How often the page takes in what became of files that are read. */
const SHOWN_EVERY_MS = 200;

/** While files are still read, an analysis shares its worker with their rows: it rests for this many times as long as the last one took. */
const REST_WHILE_LOADING = 4;

export interface SessionTools {
  readonly engine: Engine;
  readonly store: CaseStore;
  readonly busy: Busy;
  readonly notices: Notices;
}

/** One open case. */
export class CaseSession {
  readonly id: string;
  readonly loading = new Loading(() => this.#keepUnread());
  readonly receipts: Receipts;
  readonly turns: FindingsTurns;
  readonly detectability: DetectabilityMeasurement;
  #tools: SessionTools;
  #history: DocumentHistory;
  #storage: DocumentStorage;
  #unread: UnreadFiles;
  #sources = $state.raw<readonly SourceInfo[]>([]);
  #progress = $state.raw<AnalysisProgress | null>(null);
  #isAnalyzing = $state.raw(false);
  #isStopped = $state.raw(false);
  #analysisFailure = $state.raw<Failure | null>(null);
  #brush = $state.raw<TimeRange | null>(null);
  #selection = $state.raw<Selection>(NOTHING_SELECTED);
  // Derived, so that typing in a note, which makes a new document a key, does not redraw whatever shows a time.
  #caseZone = $derived.by(() => {
    const { zone } = this.document.parameters;
    return zone !== undefined && isKnownZone(zone) ? zone : 'UTC';
  });
  #zone = $derived(this.document.showsCaseZone ? this.#caseZone : 'UTC');
  /** Files that were read only once their columns had been named, with the sources that came of them: two may have one name. */
  #mapped: { readonly row: LoadRow; readonly sources: SourceInfo['id'][] }[] = [];
  #run = 0;
  #lastRunMs = 0;
  #lastEndMs = -Infinity;
  #analysisTimer: ReturnType<typeof setTimeout> | undefined;
  #analysisHold: (() => void) | null = null;
  #isClosed = false;

  constructor(id: string, document: NotebookDocument, sources: readonly SourceInfo[], tools: SessionTools) {
    this.id = id;
    this.#tools = tools;
    this.#sources = sources;
    this.#history = new DocumentHistory(document);
    this.turns = new FindingsTurns(this, tools.busy);
    this.receipts = new Receipts(tools.engine, tools.busy);
    this.detectability = new DetectabilityMeasurement(tools.engine, tools.busy);
    this.#unread = new UnreadFiles(id, tools);
    this.#storage = new DocumentStorage(id, document, tools, (base, theirs) => this.#takeOver(base, theirs));
  }

  get document(): NotebookDocument {
    return this.#history.document;
  }

  get sources(): readonly SourceInfo[] {
    return this.#sources;
  }

  /** The latest findings over the whole case; null until the first analysis has ended. */
  get findings(): Findings | null {
    return this.turns.latest?.findings ?? null;
  }

  /** The findings as brush and selection leave them. */
  get shown(): Findings | null {
    return this.turns.latest?.shown ?? null;
  }

  get range(): TimeRange | null {
    return this.turns.latest?.range ?? null;
  }

  get progress(): AnalysisProgress | null {
    return this.#progress;
  }

  get isAnalyzing(): boolean {
    return this.#isAnalyzing;
  }

  /** The last analysis was stopped by hand: what is shown is of before. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  get analysisFailure(): Failure | null {
    return this.#analysisFailure;
  }

  get brush(): TimeRange | null {
    return this.#brush;
  }

  get selection(): Selection {
    return this.#selection;
  }

  get isFocused(): boolean {
    return this.#brush !== null || !isEmptySelection(this.#selection);
  }

  /** The case's own zone, if one was set and is known; what the clock switch offers beside UTC. */
  get caseZone(): string {
    return this.#caseZone;
  }

  /** The zone in which the page prints times now. */
  get zone(): string {
    return this.#zone;
  }

  get canUndo(): boolean {
    return this.#history.canUndo;
  }

  get canRedo(): boolean {
    return this.#history.canRedo;
  }

  /** Applies an edit, saves it, and reruns the analysis if it changed a parameter. */
  edit(edit: Edit, mergeKey: string | null = null): void {
    const before = this.document;
    if (this.#history.apply(edit, mergeKey)) this.#changed(before);
  }

  undo(): void {
    const before = this.document;
    if (this.#history.undo()) this.#changed(before);
  }

  redo(): void {
    const before = this.document;
    if (this.#history.redo()) this.#changed(before);
  }

  togglePin(subject: string): void {
    this.edit(togglePin(subject));
  }

  setBrush(brush: TimeRange | null): void {
    this.#brush = brush && brush.toUs > brush.fromUs ? brush : null;
    this.receipts.follow(this.#brush);
  }

  /** Picks what was clicked, or clears it when it was picked already. */
  select(selection: Selection): void {
    this.#selection = toggleSelection(this.#selection, selection);
  }

  clearFocus(): void {
    this.#selection = NOTHING_SELECTED;
    this.setBrush(null);
  }

  openRows(title: string, queries: readonly RowQuery[]): void {
    if (queries.length > 0) this.receipts.open(title, queries, this.#brush);
  }

  /** Reads files into the case. Resolves when each has ended one way or another. `onSource` is told of each source before the page shows it. */
  async load(inputs: readonly InputFile[], onSource?: (source: SourceInfo) => void): Promise<void> {
    if (inputs.length === 0) return;
    // The engine reads the stored parameters (zone, year, trust per source) when a file begins.
    await this.#storage.flush();
    const rows = [...this.loading.add(inputs)];
    const take = (event: LoadEvent): void => {
      const row = rows[event.index];
      if (!row) return;
      row.take(event);
      if (event.kind === 'expanded')
        this.loading.expand(row, event.members).forEach((member, at) => {
          rows[event.firstIndex + at] = member;
          member.onCancel(() => handle.cancel(event.firstIndex + at));
        });
      if (event.kind === 'needs mapping' || event.kind === 'guessed') this.#mapIfKnown(row);
    };
    const unsaved: SourceInfo[] = [];
    let hasAdded = false;
    const batch = new Batch<LoadEvent>((events) => {
      const added = events.flatMap((event) => (event.kind === 'done' ? event.source : []));
      hasAdded ||= added.length > 0;
      if (this.#isClosed) return;
      added.forEach((source) => onSource?.(source));
      events.forEach(take);
      this.#keepUnread();
      unsaved.push(...added.filter((source) => source.unsaved !== undefined));
      this.#sourcesLoaded(added);
    }, SHOWN_EVERY_MS);
    const onEvent = (event: LoadEvent): void => {
      batch.add(event);
      // Columns that are known from another file are applied before this one is read without them.
      if (event.kind === 'guessed') batch.flush();
    };
    const handle = this.#tools.engine.load(inputs, onEvent, this.document.parameters);
    rows.forEach((row, index) => row.onCancel(() => handle.cancel(index)));
    await this.#tools.busy.track(handle.finished.then(() => batch.flush()));
    this.loading.settle();
    if (hasAdded) this.#storage.announceSources();
    if (unsaved.length > 0 && !this.#isClosed) this.#tools.notices.fail(unsavedFailure(unsaved));
    // A run that was put off while files were read need not wait any longer.
    if (this.#analysisHold) this.analyzeSoon();
  }

  /** Reads a table with the columns that a person named, and keeps the mapping in the case. */
  async map(row: LoadRow, mapping: CsvMapping): Promise<void> {
    const { preview } = row;
    const isKnown = preview && this.document.mappings[headerKey(preview.columns)] === mapping;
    const sources: SourceInfo['id'][] = [];
    if (preview && row.status === 'needs mapping') this.#mapped.push({ row, sources });
    row.cancel();
    this.loading.dismiss(row);
    if (preview && !isKnown) this.edit(saveMapping(preview.columns, mapping));
    const input = {
      ...row.input,
      format: preview?.formatId ?? 'csv',
      options: { ...row.input.options, mapping },
    };
    await this.load([input], ({ id }) => sources.push(id));
  }

  /** What the first records of a source that is a table look like, and what its columns are taken for. */
  async previewSource(source: SourceInfo): Promise<TablePreview | null> {
    const result = await this.#tools.busy.track(this.#tools.engine.previewSource(source.id));
    if (!result.ok) {
      this.#tools.notices.fail(result.error);
      return null;
    }
    const guess = this.document.mappings[headerKey(result.value.columns)] ?? result.value.guess;
    return { ...result.value, guess };
  }

  /** Reads a source again with other meanings of its columns, which are kept for files with the same header. */
  remap(source: SourceInfo, preview: TablePreview, mapping: CsvMapping): void {
    const known = this.document.mappings[headerKey(preview.columns)];
    this.#history.amend(setSourceRule(source.name, { format: source.format, mapping: known }));
    const keep = saveMapping(preview.columns, mapping);
    const read = setSourceRule(source.name, { format: preview.formatId, mapping });
    this.edit((document) => read(keep(document)));
  }

  /** Reads a file that was not recognized again, as the format that a person says it is. */
  async loadAs(row: LoadRow, format: string): Promise<void> {
    if (format === '') return;
    this.loading.dismiss(row);
    await this.load([{ ...row.input, format }]);
  }

  /** Sets what a person knows about a source better than its content; an undo sets it back. */
  changeSource(source: SourceInfo, change: Partial<SourceRule>): void {
    // Zone, year, asset and trust are rules that the next analysis applies. Another format means another reading: so that an undo has
    // something to go back to, the format that was recognized is put down first.
    if (change.format !== undefined || change.mapping !== undefined)
      this.#history.amend(setSourceRule(source.name, { format: source.format }));
    this.edit(setSourceRule(source.name, change));
  }

  async removeSource(source: SourceInfo): Promise<void> {
    const result = await this.#tools.busy.track(this.#tools.engine.removeSource(source.id));
    this.#takeSources(result);
  }

  setParameters(change: Partial<CaseParameters>): void {
    this.edit(setParameters(change));
  }

  /** Runs the analysis soon; a later call before it began replaces this one. */
  analyzeSoon(): void {
    if (this.#isClosed) return;
    // While files are read, a run that waits keeps its turn; otherwise every file that ends would put it off again.
    if (this.#analysisHold && this.loading.isActive) return;
    clearTimeout(this.#analysisTimer);
    this.#analysisHold ??= this.#tools.busy.hold();
    this.#rest();
  }

  get #restMs(): number {
    if (!this.loading.isActive) return ANALYSIS_REST_MS;
    return this.#run === 0 ? FIRST_REST_MS : Math.max(LOADING_REST_MS, this.#lastRunMs * REST_WHILE_LOADING);
  }

  #rest(forMs = this.#restMs): void {
    this.#analysisTimer = setTimeout(() => {
      // Before all files are in, a newer run is no better than the one that is under way: that one is let end, and the rest counts from there.
      const untilMs = this.#isAnalyzing ? Infinity : this.#lastEndMs + this.#restMs;
      const leftMs = Math.min(untilMs - performance.now(), this.#restMs);
      if (this.loading.isActive && leftMs > 0) this.#rest(leftMs);
      else void this.analyze();
    }, forMs);
  }

  /** Runs the analysis now. Only the latest run's findings are taken. */
  async analyze(): Promise<void> {
    clearTimeout(this.#analysisTimer);
    const release = this.#analysisHold ?? this.#tools.busy.hold();
    this.#analysisHold = null;
    this.#run += 1;
    const run = this.#run;
    this.#isAnalyzing = true;
    this.#isStopped = false;
    const { parameters } = this.document;
    const startedMs = performance.now();
    const result = await this.#tools.engine.analyze(parameters, (progress) => {
      if (run === this.#run) this.#progress = progress;
    });
    release();
    if (run !== this.#run || this.#isClosed) return;
    this.#isAnalyzing = false;
    // What it found is drawn before the timer's turn comes: a page with much to draw rests longer.
    setTimeout(() => {
      this.#lastEndMs = performance.now();
      this.#lastRunMs = this.#lastEndMs - startedMs;
    });
    this.#progress = null;
    if (result.ok) {
      this.turns.give(result.value);
      this.detectability.forget();
      // Rules by name (zone, year, asset, trust) are applied by the analysis: its sources are the ones to show.
      // With another run due, a source that ended meanwhile would vanish until then.
      if (this.#analysisHold === null) this.#sources = result.value.sources;
      this.#analysisFailure = null;
      this.receipts.refresh();
    } else if (result.error !== 'superseded') this.#analysisFailure = result.error;
  }

  /** Leaves the analysis that runs. What the last one found stays on the page, which says that it is of before. */
  stopAnalysis(): void {
    if (!this.#isAnalyzing) return;
    this.#run += 1;
    this.#isAnalyzing = false;
    this.#isStopped = true;
    this.#progress = null;
    this.#tools.engine.cancelAnalysis();
  }

  /** Saves what waits to be saved, and lets go of the case. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#analysisTimer);
    this.#analysisHold?.();
    this.#analysisHold = null;
    for (const row of this.loading.rows) if (row.isActive) row.cancel();
    this.turns.end();
    this.receipts.close();
    this.detectability.cancel();
    await Promise.all([this.#storage.close(), this.#unread.written()]);
  }

  save(): Promise<void> {
    return this.#storage.flush();
  }

  /** The latest edits could not be saved: if the tab goes now, they are lost. */
  get isUnsaved(): boolean {
    return this.#storage.isUnsaved;
  }

  /** What a case that was closed meanwhile had not read stays noted, to be told when it is next opened. */
  #keepUnread(): void {
    if (!this.#isClosed) this.#unread.keep(this.loading.unread);
  }

  #takeOver(base: NotebookDocument, theirs: NotebookDocument): void {
    if (this.#isClosed) return;
    const { parameters } = this.document;
    this.#history.takeOver(base, theirs);
    if (!isSameJson(parameters, this.document.parameters)) this.analyzeSoon();
  }

  #changed(before: NotebookDocument): void {
    const after = this.document;
    this.#storage.schedule(after);
    if (before.mappings !== after.mappings) void this.#tools.busy.track(this.#followMappings(after));
    if (before.parameters === after.parameters) return;
    void this.#tools.busy.track(this.#rereadSources(before.parameters, after.parameters));
    this.analyzeSoon();
  }

  /** Has those sources read again whose format or mapping the new rules change. */
  async #rereadSources(before: CaseParameters, after: CaseParameters): Promise<void> {
    if (before.sources === after.sources) return;
    for (const source of this.#sources) {
      const old = sourceRuleOf(before, source.name);
      const now = sourceRuleOf(after, source.name);
      const isSame =
        old?.format === now?.format && JSON.stringify(old?.mapping) === JSON.stringify(now?.mapping);
      if (isSame || now?.format === undefined) continue;
      // A mapping that is gone again leaves the table to the names of its columns.
      const mapping = now.mapping ?? (old?.mapping && { table: old.mapping.table, columns: {} });
      const change = { format: now.format, ...(mapping && { mapping }) };
      this.#takeSources(await this.#tools.engine.changeSource(source.id, change));
    }
  }

  #takeSources(result: Awaited<ReturnType<Engine['removeSource']>>): void {
    if (result.ok) this.#storage.announceSources();
    if (this.#isClosed) return;
    if (!result.ok) {
      this.#tools.notices.fail(result.error);
      return;
    }
    this.#sources = result.value;
    this.analyzeSoon();
  }

  #sourcesLoaded(added: readonly SourceInfo[]): void {
    if (added.length === 0) return;
    this.#sources = withSources(this.#sources, added);
    this.analyzeSoon();
  }

  /** Reads the files that wait for names that are known now; after an undo, takes out those that were read by names which are gone, and asks again. */
  async #followMappings({ mappings }: NotebookDocument): Promise<void> {
    for (const row of this.loading.rows) if (row.status === 'needs mapping') this.#mapIfKnown(row);
    const isGone = ({ row: { preview } }: { row: LoadRow }) =>
      preview && !mappings[headerKey(preview.columns)];
    const gone = this.#mapped.filter(isGone);
    this.#mapped = this.#mapped.filter((one) => !gone.includes(one));
    const read = gone.flatMap(({ row, sources }) => {
      const source = this.#sources.find(({ id }) => sources.includes(id));
      return source ? [{ row, source }] : [];
    });
    for (const { row, source } of read) {
      this.loading.restore(row);
      await this.removeSource(source);
    }
  }

  #mapIfKnown(row: LoadRow): void {
    const { preview } = row;
    const known = preview && this.document.mappings[headerKey(preview.columns)];
    if (known && row.input.format === undefined) void this.map(row, known);
  }
}
