import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { emptyFindings, someActor } from '../../../tests/support/findings';
import { NOTHING_SELECTED } from '../notebook/selection';
import { Busy } from './busy';
import { FindingsTurns, type Focus } from './findings-turns.svelte';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const findingsOf = (...actors: string[]) =>
  emptyFindings({ actors: actors.map((actor) => someActor(actor)) });

describe('new findings', () => {
  it('reach the parts of the page one task at a time, and the page is at rest only after the last', async () => {
    const busy = new Busy();
    const turns = new FindingsTurns({ brush: null, selection: NOTHING_SELECTED }, busy);
    const parts = [turns.join(), turns.join(), turns.join()];
    const have = () => parts.map(({ findings }) => findings?.actors.length ?? null);
    let isIdle = false;
    turns.give(findingsOf('203.0.113.1'));
    void busy.idle().then(() => (isIdle = true));
    expect(turns.latest?.findings.actors).toHaveLength(1);
    expect(have()).toEqual([null, null, null]);
    await vi.advanceTimersToNextTimerAsync();
    expect(have()).toEqual([1, null, null]);
    await vi.advanceTimersToNextTimerAsync();
    expect(have()).toEqual([1, 1, null]);
    expect(isIdle).toBe(false);
    // Newer ones begin the round anew; a part that came meanwhile has the latest.
    turns.give(findingsOf('203.0.113.1', '203.0.113.2'));
    expect(turns.join().findings?.actors).toHaveLength(2);
    await vi.runAllTimersAsync();
    expect(have()).toEqual([2, 2, 2]);
    expect(isIdle).toBe(true);
  });

  it('let a part draw its pieces one task at a time before the next part has its turn', async () => {
    const turns = new FindingsTurns({ brush: null, selection: NOTHING_SELECTED }, new Busy());
    const parts = [turns.join(), turns.join()];
    expect(turns.isResting).toBe(true);
    turns.give(findingsOf('203.0.113.1'));
    expect(turns.isResting).toBe(false);
    await vi.advanceTimersToNextTimerAsync();
    const drawn: string[] = [];
    turns.later(() => drawn.push('picture'));
    turns.later(() => drawn.push('table'));
    turns.later(() => drawn.push('left'))();
    await vi.advanceTimersToNextTimerAsync();
    expect(drawn).toEqual(['picture']);
    expect(parts[1]?.findings).toBeNull();
    await vi.advanceTimersToNextTimerAsync();
    expect(drawn).toEqual(['picture', 'table']);
    await vi.runAllTimersAsync();
    expect(parts[1]?.findings).not.toBeNull();
    expect(drawn).toHaveLength(2);
    expect(turns.isResting).toBe(true);
  });

  it('find parts that are new, of which each was drawn in a task of its own too', async () => {
    const busy = new Busy();
    const turns = new FindingsTurns({ brush: null, selection: NOTHING_SELECTED }, busy);
    const drawn: string[] = [];
    turns.later(() => drawn.push('evidence'));
    turns.later(() => drawn.push('noise'));
    let isIdle = false;
    void busy.idle().then(() => (isIdle = true));
    expect(drawn).toEqual([]);
    await vi.advanceTimersToNextTimerAsync();
    expect(drawn).toEqual(['evidence']);
    expect(isIdle).toBe(false);
    await vi.runAllTimersAsync();
    expect(drawn).toEqual(['evidence', 'noise']);
    expect(isIdle).toBe(true);
  });

  it('do not hold up what is picked meanwhile', () => {
    const focus: { -readonly [K in keyof Focus]: Focus[K] } = { brush: null, selection: NOTHING_SELECTED };
    const turns = new FindingsTurns(focus, new Busy());
    turns.give(findingsOf('203.0.113.1', '203.0.113.2'));
    const part = turns.join();
    turns.give(findingsOf('203.0.113.3'));
    focus.selection = { actor: '203.0.113.2' };
    expect(part.shown?.actors.map(({ actor }) => actor)).toEqual(['203.0.113.2']);
    turns.end();
  });

  it('are given to no part any more once the case is closed', async () => {
    const busy = new Busy();
    const turns = new FindingsTurns({ brush: null, selection: NOTHING_SELECTED }, busy);
    const part = turns.join();
    turns.give(findingsOf('203.0.113.1'));
    turns.end();
    await vi.runAllTimersAsync();
    expect(part.findings).toBeNull();
  });
});
