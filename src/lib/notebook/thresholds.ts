import type { Thresholds } from '../analysis/parameters';
import type { CellId } from './document';
import { MAIN_WORDS } from './threshold-words/main';
import { CAMPAIGN_WORDS, NOISE_WEIGHT_WORDS, NOISE_WORDS } from './threshold-words/noise';
import {
  CLOCK_WORDS,
  CONNECTION_WORDS,
  IDENTITY_WORDS,
  OWN_WORDS,
  SERVICE_LOG_WORDS,
} from './threshold-words/evidence';
import { EXPOSURE_WORDS } from './threshold-words/exposure';
import { INTEGRITY_WORDS, SEQUENCE_WORDS, SILENCE_WORDS } from './threshold-words/integrity';
import { BEACON_WORDS, LADDER_WORDS } from './threshold-words/ladder';
import {
  CONTROL_WEIGHT_WORDS,
  CONTROL_WORDS,
  QUIET_WEIGHT_WORDS,
  QUIET_WORDS,
} from './threshold-words/quiet';
import type { ThresholdWords } from './threshold-words/words';

export type { ThresholdWords } from './threshold-words/words';

/** Every parameter in words; within a cell in the order in which they act. */
export const THRESHOLD_WORDS: Readonly<Record<keyof Thresholds, ThresholdWords>> = {
  ...MAIN_WORDS,
  ...OWN_WORDS,
  ...IDENTITY_WORDS,
  ...CLOCK_WORDS,
  ...CONNECTION_WORDS,
  ...SERVICE_LOG_WORDS,
  ...EXPOSURE_WORDS,
  ...NOISE_WORDS,
  ...NOISE_WEIGHT_WORDS,
  ...CAMPAIGN_WORDS,
  ...CONTROL_WORDS,
  ...CONTROL_WEIGHT_WORDS,
  ...QUIET_WORDS,
  ...QUIET_WEIGHT_WORDS,
  ...LADDER_WORDS,
  ...INTEGRITY_WORDS,
  ...SILENCE_WORDS,
  ...SEQUENCE_WORDS,
  ...BEACON_WORDS,
};

/** The parameters that a cell shows, in the order in which they act. */
export function thresholdsOf(cell: CellId): readonly (keyof Thresholds)[] {
  return (Object.keys(THRESHOLD_WORDS) as (keyof Thresholds)[]).filter(
    (name) => THRESHOLD_WORDS[name].cell === cell,
  );
}

export interface ThresholdGroup {
  readonly title: string;
  readonly names: readonly (keyof Thresholds)[];
}

/** Those in sight, and those folded away under their headings. */
export function groupThresholds(names: readonly (keyof Thresholds)[]): {
  readonly main: readonly (keyof Thresholds)[];
  readonly groups: readonly ThresholdGroup[];
} {
  const main: (keyof Thresholds)[] = [];
  const groups = new Map<string, (keyof Thresholds)[]>();
  for (const name of names) {
    const { group } = THRESHOLD_WORDS[name];
    if (group === undefined) main.push(name);
    else groups.set(group, [...(groups.get(group) ?? []), name]);
  }
  return { main, groups: [...groups].map(([title, names]) => ({ title, names })) };
}

/** Whether every word that is sought stands in a parameter's name, label, help, unit or heading. */
export function matchesThreshold(name: keyof Thresholds, sought: string): boolean {
  const { label, help, unit, group = '' } = THRESHOLD_WORDS[name];
  const text = `${name} ${label} ${help} ${unit} ${group}`.toLowerCase();
  return sought
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** A number as typed, if the parameter can take it; else the sentence that says why not. */
export function readThreshold(name: keyof Thresholds, typed: string): number | string {
  const { lowest, highest } = THRESHOLD_WORDS[name];
  const value = Number(typed.replace(/[,_\s]/g, ''));
  if (typed.trim() === '' || !Number.isFinite(value)) return 'Enter a number.';
  if (value < lowest || value > highest) return `Enter a number from ${lowest} to ${highest}.`;
  return value;
}
