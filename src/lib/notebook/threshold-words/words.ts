import type { CellId } from '../document';

/** A parameter as the page shows it beside what it decides. */
export interface ThresholdWords {
  readonly label: string;
  /** Printed after the number; empty for a bare number. */
  readonly unit: string;
  /** What it decides, and the source of its default where it has one. */
  readonly help: string;
  readonly cell: CellId;
  readonly lowest: number;
  readonly highest: number;
  /** Where it stands among those that are folded away; absent: in sight as soon as parameters are. */
  readonly group?: string;
}

export const MANY = 1e12;

type Range = readonly [lowest: number, highest: number];

/** Ranges that many parameters share. */
export const COUNT: Range = [1, MANY];
export const SHARE: Range = [0, 1];
export const PROBABILITY: Range = [1e-9, 0.5];
const WEIGHT: Range = [-20, 20];

type Describe = (label: string, unit: string, range: Range, help: string) => ThresholdWords;

/** Writes parameters of one cell that are folded away under one heading. */
export function advanced(cell: CellId, group: string): Describe {
  return (label, unit, [lowest, highest], help) => ({ label, unit, help, cell, lowest, highest, group });
}

/** The same for what a sign adds to a score. */
export function weighing(
  cell: CellId,
  group: string,
  unit: string,
): (label: string, help: string) => ThresholdWords {
  const describe = advanced(cell, group);
  return (label, help) => describe(label, unit, WEIGHT, help);
}
