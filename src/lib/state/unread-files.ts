import type { Failure } from '../base/result';
import { formatCount, plural } from '../base/units';
import { visibleText } from '../base/visible';
import type { Busy } from './busy';
import type { CaseStore } from './case-store';
import type { Notices } from './notices.svelte';

/** As many names are spelled out. */
const NAMED = 5;
/** Characters of a name that are shown; its end says more than its beginning. */
const NAME_LENGTH = 80;

interface Tools {
  readonly store: CaseStore;
  readonly busy: Busy;
  readonly notices: Notices;
}

/** Keeps with the stored case which files are not read to their end yet, so that a tab that goes meanwhile does not lose them unsaid. */
export class UnreadFiles {
  #id: string;
  #tools: Tools;
  #names: ReadonlySet<string> = new Set();
  #kept: ReadonlySet<string> = new Set();
  #writing: Promise<void> = Promise.resolve();

  constructor(id: string, tools: Tools) {
    this.#id = id;
    this.#tools = tools;
  }

  /** Takes what is unread now. What comes while something is being written is written after it, as one. */
  keep(names: readonly string[]): void {
    this.#names = new Set(names);
    this.#writing = this.#tools.busy.track(this.#writing.then(() => this.#write()));
  }

  /** Resolves when what is unread now is written. */
  written(): Promise<void> {
    return this.#writing;
  }

  async #write(): Promise<void> {
    const before = this.#kept;
    const now = this.#names;
    this.#kept = now;
    const begun = [...now].filter((name) => !before.has(name));
    const ended = [...before].filter((name) => !now.has(name));
    if (begun.length === 0 && ended.length === 0) return;
    const noted = await this.#tools.store.noteUnread(this.#id, begun, ended);
    if (!noted.ok) this.#tools.notices.fail(noted.error);
  }
}

/** What is to be said of files that were not read to their end when the tab or the case was left. */
export function unreadFailure(names: readonly string[]): Failure {
  const were = names.length === 1 ? 'was not read to its' : 'were not read to their';
  return {
    what: `${plural(names.length, 'file')} ${were} end when this case was last open: ${fewNames(names)}.`,
    kept: 'What was read before is in the case.',
    todo: `Drop ${names.length === 1 ? 'it' : 'them'} again; what the case already has is not read twice.`,
  };
}

/** The first of some file names, and how many more there are. */
export function fewNames(names: readonly string[]): string {
  const more = names.length > NAMED ? ` and ${formatCount(names.length - NAMED)} more` : '';
  return `${names.slice(0, NAMED).map(shortened).join(', ')}${more}`;
}

function shortened(name: string): string {
  const characters = [...visibleText(name)];
  return characters.length > NAME_LENGTH
    ? `…${characters.slice(1 - NAME_LENGTH).join('')}`
    : characters.join('');
}
