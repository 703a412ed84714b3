/** A stretch of time in microseconds, from inclusive to exclusive. */
export interface Stretch {
  readonly fromUs: number;
  readonly toUs: number;
}

/** Stretches in order, overlaps and touching ones joined, empty ones dropped. */
export function joined(stretches: readonly Stretch[]): Stretch[] {
  const sorted = stretches.filter((s) => s.toUs > s.fromUs).sort((a, b) => a.fromUs - b.fromUs);
  const result: { fromUs: number; toUs: number }[] = [];
  for (const stretch of sorted) {
    const last = result[result.length - 1];
    if (last && stretch.fromUs <= last.toUs) last.toUs = Math.max(last.toUs, stretch.toUs);
    else result.push({ fromUs: stretch.fromUs, toUs: stretch.toUs });
  }
  return result;
}

/** What of `from` lies in none of `holes`. */
export function without(from: readonly Stretch[], holes: readonly Stretch[]): Stretch[] {
  const cuts = joined(holes);
  const result: Stretch[] = [];
  let next = 0;
  for (const stretch of joined(from)) {
    let start = stretch.fromUs;
    while (next < cuts.length && (cuts[next] as Stretch).toUs <= start) next += 1;
    for (let i = next; i < cuts.length; i++) {
      const cut = cuts[i] as Stretch;
      if (cut.fromUs >= stretch.toUs) break;
      if (cut.fromUs > start) result.push({ fromUs: start, toUs: cut.fromUs });
      start = Math.max(start, cut.toUs);
    }
    if (start < stretch.toUs) result.push({ fromUs: start, toUs: stretch.toUs });
  }
  return result;
}

/** What lies in both. */
export function common(a: readonly Stretch[], b: readonly Stretch[]): Stretch[] {
  const left = joined(a);
  const right = joined(b);
  const result: Stretch[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    const x = left[i] as Stretch;
    const y = right[j] as Stretch;
    const fromUs = Math.max(x.fromUs, y.fromUs);
    const toUs = Math.min(x.toUs, y.toUs);
    if (toUs > fromUs) result.push({ fromUs, toUs });
    if (x.toUs < y.toUs) i += 1;
    else j += 1;
  }
  return result;
}

export function lengthOf(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, stretch) => sum + (stretch.toUs - stretch.fromUs), 0);
}

/** Microseconds of [fromUs, toUs) that the stretches (joined, in order) cover. */
export function coveredWithin(stretches: readonly Stretch[], fromUs: number, toUs: number): number {
  let low = 0;
  let high = stretches.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((stretches[middle] as Stretch).toUs <= fromUs) low = middle + 1;
    else high = middle;
  }
  let covered = 0;
  for (let i = low; i < stretches.length; i++) {
    const stretch = stretches[i] as Stretch;
    if (stretch.fromUs >= toUs) break;
    covered += Math.min(stretch.toUs, toUs) - Math.max(stretch.fromUs, fromUs);
  }
  return covered;
}
