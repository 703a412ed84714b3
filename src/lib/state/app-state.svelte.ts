import { toFailure, type Failure } from '../base/result';
import type { CaseParameters } from '../analysis/parameters';
import { createEngine } from '../workers/client';
import type { Engine, InputFile } from '../workers/engine';
import { requestPersistence } from '../storage/quota';
import { Busy } from './busy';
import { CaseSession, type SessionTools } from './case-session.svelte';
import { firstDocument, openCaseStore, type CaseStore, type CaseSummary } from './case-store';
import { fetchDemonstration } from './demonstration';
import { caseInHash, hashOfCase } from './hash';
import { Notices } from './notices.svelte';
import { unreadFailure } from './unread-files';

/** The tab: the list of cases, the open case, and the ways in. */
export class AppState {
  readonly busy = new Busy();
  readonly notices = new Notices();
  #engine: Engine;
  #store: CaseStore;
  #cases = $state.raw<readonly CaseSummary[] | null>(null);
  #session = $state.raw<CaseSession | null>(null);
  #opening = $state.raw<string | null>(null);
  #token = 0;
  /** Resolves once what is being made, imported or opened is open, or is known not to be. */
  #onItsWay: Promise<unknown> = Promise.resolve();

  constructor(engine: Engine, store: CaseStore) {
    this.#engine = engine;
    this.#store = store;
  }

  static inBrowser(): AppState {
    return new AppState(createEngine(), openCaseStore());
  }

  get engine(): Engine {
    return this.#engine;
  }

  /** Null until the list has been read. */
  get cases(): readonly CaseSummary[] | null {
    return this.#cases;
  }

  get session(): CaseSession | null {
    return this.#session;
  }

  /** What is being opened, in words; null when nothing is. */
  get opening(): string | null {
    return this.#opening;
  }

  /** Files are being read or wait for it, or edits could not be saved: if the tab goes now, these do not get into the case. */
  get losesIfClosed(): boolean {
    return this.#session !== null && (this.#session.loading.isActive || this.#session.isUnsaved);
  }

  /** Reads the list of cases and opens the one that the address names. */
  async start(hash: string): Promise<void> {
    await this.busy.track(this.refreshCases());
    await this.followHash(hash);
    void this.busy.idle().then(() => this.#engine.prepare());
  }

  /** The address changed (a link, Back): opens or closes what it names. */
  async followHash(hash: string): Promise<void> {
    const id = caseInHash(hash);
    if (id === (this.#session?.id ?? null)) return;
    if (id === null) await this.close();
    else await this.openCase(id);
  }

  /** The address of what is open. */
  get hash(): string {
    return this.#session ? hashOfCase(this.#session.id) : '';
  }

  async refreshCases(): Promise<void> {
    const listed = await this.#store.list();
    if (listed.ok) this.#cases = listed.value;
    else {
      this.#cases = [];
      this.notices.fail(listed.error);
    }
  }

  /**
   * Reads files into the case that is open, or into a new one of that name. Files that are given while a case is still being made or opened are
   * meant for that case.
   */
  async take(inputs: readonly InputFile[], name: string): Promise<void> {
    const session = this.#onItsWay.then(() => this.#session ?? this.#make(name, {}, inputs.length === 0));
    await this.#fill(await this.busy.track(this.#go(session)), inputs);
  }

  /** Makes a case, opens it and reads the files into it. */
  async newCase(
    name: string,
    inputs: readonly InputFile[],
    parameters: CaseParameters = {},
  ): Promise<CaseSession | null> {
    const session = await this.#go(this.#make(name, parameters, inputs.length === 0));
    await this.#fill(session, inputs);
    return session;
  }

  async openCase(id: string): Promise<void> {
    await this.#go(this.#openAs(id, true));
  }

  #go<T>(way: Promise<T>): Promise<T> {
    this.#onItsWay = way;
    return way;
  }

  async #make(name: string, parameters: CaseParameters, analyzes: boolean): Promise<CaseSession | null> {
    const created = await this.busy.track(this.#store.create(firstDocument(name, parameters)));
    if (!created.ok) {
      this.notices.fail(created.error);
      return null;
    }
    // Nothing to analyze before the first file: an answer over nothing would only flash by.
    await this.#openAs(created.value, analyzes);
    return this.#session;
  }

  async #fill(session: CaseSession | null, inputs: readonly InputFile[]): Promise<void> {
    if (!session) return;
    // Refusal leaves everything as it is; the browser decides by itself how long it keeps the case.
    void requestPersistence().catch((caught: unknown) => this.notices.fail(toFailure(caught)));
    await session.load(inputs);
  }

  async #openAs(id: string, analyzes: boolean): Promise<void> {
    this.#token += 1;
    const token = this.#token;
    this.#opening = 'Opening the case';
    await this.busy.track(this.#open(id, token, analyzes));
    if (token === this.#token) this.#opening = null;
  }

  async #open(id: string, token: number, analyzes: boolean): Promise<void> {
    await this.#session?.close();
    this.#session = null;
    const document = await this.#store.load(id);
    if (!document.ok) return this.#refuse(document.error);
    const sources = await this.#engine.openCase(id);
    if (token !== this.#token) return;
    if (!sources.ok) return this.#refuse(sources.error);
    const unread = await this.#store.takeUnread(id);
    if (!unread.ok) this.notices.fail(unread.error);
    else if (unread.value.length > 0) this.notices.fail(unreadFailure(unread.value));
    if (token !== this.#token) return;
    const session = new CaseSession(id, document.value, sources.value, this.#tools());
    this.#session = session;
    if (analyzes) session.analyzeSoon();
  }

  #refuse(failure: Failure): void {
    this.notices.fail(failure);
  }

  #tools(): SessionTools {
    return { engine: this.#engine, store: this.#store, busy: this.busy, notices: this.notices };
  }

  async close(): Promise<void> {
    this.#token += 1;
    this.#opening = null;
    const session = this.#session;
    this.#session = null;
    await session?.close();
    await this.refreshCases();
  }

  async openDemonstration(manifestUrl: string): Promise<void> {
    const made = await this.#go(this.#makeDemonstration(manifestUrl));
    if (made) await this.#fill(made.session, made.files);
  }

  async #makeDemonstration(
    manifestUrl: string,
  ): Promise<{ session: CaseSession | null; files: readonly InputFile[] } | null> {
    this.#opening = 'Reading the demonstration case';
    const demonstration = await this.busy.track(fetchDemonstration(manifestUrl));
    this.#opening = null;
    if (!demonstration.ok) {
      this.notices.fail(demonstration.error);
      return null;
    }
    const { parameters, files } = demonstration.value;
    const name = parameters.name ?? 'Demonstration case';
    return { session: await this.#make(name, parameters, false), files };
  }

  async importCase(file: Blob): Promise<void> {
    await this.#go(this.#import(file));
  }

  async #import(file: Blob): Promise<void> {
    this.#opening = 'Reading the case file';
    const id = crypto.randomUUID();
    const imported = await this.busy.track(this.#engine.importCase(file, id));
    this.#opening = null;
    if (!imported.ok) {
      this.notices.fail(imported.error);
      return;
    }
    await this.#openAs(id, true);
  }

  async renameCase(id: string, name: string): Promise<void> {
    const renamed = await this.busy.track(this.#store.rename(id, name));
    if (!renamed.ok) this.notices.fail(renamed.error);
    await this.refreshCases();
  }

  async deleteCase(id: string): Promise<void> {
    const deleted = await this.busy.track(this.#store.delete(id));
    if (!deleted.ok) this.notices.fail(deleted.error);
    await this.refreshCases();
  }
}
