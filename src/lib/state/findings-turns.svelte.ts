import type { Findings } from '../analysis/findings';
import { caseRange, focusFindings } from '../notebook/focus';
import type { Selection, TimeRange } from '../notebook/selection';
import type { Busy } from './busy';

/** What is brushed and picked now. */
export interface Focus {
  readonly brush: TimeRange | null;
  readonly selection: Selection;
}

/** What one analysis found, whole and as brush and selection leave it. */
class FocusedFindings {
  readonly findings: Findings;
  readonly range: TimeRange | null;
  readonly #focus: Focus;
  readonly #shown = $derived.by(() => focusFindings(this.findings, this.#focus.brush, this.#focus.selection));

  constructor(findings: Findings, focus: Focus) {
    this.findings = findings;
    this.range = caseRange(findings);
    this.#focus = focus;
  }

  get shown(): Findings {
    return this.#shown;
  }
}

/** The findings as one part of the page has them: the latest, or those before until it is its turn. Brush and selection are followed at once. */
export class FindingsPart {
  #focused = $state.raw<FocusedFindings | null>(null);

  constructor(focused: FocusedFindings | null) {
    this.#focused = focused;
  }

  take(focused: FocusedFindings | null): void {
    this.#focused = focused;
  }

  get findings(): Findings | null {
    return this.#focused?.findings ?? null;
  }

  get shown(): Findings | null {
    return this.#focused?.shown ?? null;
  }

  get range(): TimeRange | null {
    return this.#focused?.range ?? null;
  }
}

/**
 * Hands the findings to the parts of the page one after another, each in a task of its own: to draw all of a notebook at once makes the page
 * stand still for longer than a person who is typing or scrolling meanwhile can overlook.
 */
export class FindingsTurns {
  readonly #focus: Focus;
  readonly #busy: Busy;
  #parts: readonly FindingsPart[] = [];
  #latest = $state.raw<FocusedFindings | null>(null);
  /** What has yet to be drawn of parts that had their turn, and the parts that did not. */
  #soon: (() => void)[] = [];
  #waiting: FindingsPart[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hold: (() => void) | null = null;

  constructor(focus: Focus, busy: Busy) {
    this.#focus = focus;
    this.#busy = busy;
  }

  /** The latest, for what is drawn first. */
  get latest(): FocusedFindings | null {
    return this.#latest;
  }

  /** Whether no round is under way: what is drawn now is drawn for somebody who waits for it. */
  get isResting(): boolean {
    return this.#hold === null;
  }

  /** A turn of its own for a piece of a part that is being drawn, or for a part that is new. Returns how to give it up. */
  later(draw: () => void): () => void {
    this.#soon.push(draw);
    if (this.#hold === null) this.#begin();
    return () => {
      this.#soon = this.#soon.filter((other) => other !== draw);
    };
  }

  join(): FindingsPart {
    const part = new FindingsPart(this.#latest);
    this.#parts = [...this.#parts, part];
    return part;
  }

  leave(part: FindingsPart): void {
    this.#parts = this.#parts.filter((other) => other !== part);
  }

  /** A later call begins the round anew. */
  give(findings: Findings): void {
    this.#latest = new FocusedFindings(findings, this.#focus);
    this.#waiting = [...this.#parts];
    this.#begin();
  }

  /** No part has another turn. */
  end(): void {
    clearTimeout(this.#timer);
    this.#soon = [];
    this.#waiting = [];
    this.#hold?.();
    this.#hold = null;
  }

  #begin(): void {
    this.#hold ??= this.#busy.hold();
    this.#next();
  }

  #next(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const piece = this.#soon.shift();
      const part = piece ? undefined : this.#waiting.shift();
      if (!piece && !part) {
        this.end();
        return;
      }
      piece?.();
      part?.take(this.#latest);
      this.#next();
    });
  }
}
