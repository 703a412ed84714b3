import type { Grid } from './coverage-bins';
import type { CoverageCell } from './coverage-cells';

/**
 * Rows of one cell that follow each other within a bin, counted together: exports are nearly in the order of time, so that few rows begin
 * another bin, and only those cost a look into the cell.
 */
export class BinRuns {
  readonly #grid: Grid;
  readonly #cells: (CoverageCell | undefined)[];
  /** By slot: the bin's bounds, and the first, the last and the number of the rows of its run. */
  readonly #fromUs: Float64Array;
  readonly #toUs: Float64Array;
  readonly #firstUs: Float64Array;
  readonly #lastUs: Float64Array;
  readonly #rows: Uint32Array;

  constructor(grid: Grid, slots: number) {
    this.#grid = grid;
    this.#cells = new Array<CoverageCell | undefined>(slots).fill(undefined);
    this.#fromUs = new Float64Array(slots);
    this.#toUs = new Float64Array(slots);
    this.#firstUs = new Float64Array(slots);
    this.#lastUs = new Float64Array(slots);
    this.#rows = new Uint32Array(slots);
  }

  /**
   * Counts row `i` with the run of its slot, if it falls into the same bin; false: another run must begin with it. Takes the column, not the
   * time: a number handed from one function to another may be an object each.
   */
  goesOn(slot: number, times: Float64Array, i: number): boolean {
    const us = times[i];
    if (!(us >= this.#fromUs[slot] && us < this.#toUs[slot])) return false;
    this.#rows[slot] += 1;
    if (us < this.#firstUs[slot]) this.#firstUs[slot] = us;
    else if (us > this.#lastUs[slot]) this.#lastUs[slot] = us;
    return true;
  }

  begin(slot: number, us: number, cell: CoverageCell): void {
    this.#end(slot);
    const { fromUs, binUs } = this.#grid;
    this.#cells[slot] = cell;
    this.#fromUs[slot] = fromUs + Math.floor((us - fromUs) / binUs) * binUs;
    this.#toUs[slot] = this.#fromUs[slot] + binUs;
    this.#firstUs[slot] = us;
    this.#lastUs[slot] = us;
    this.#rows[slot] = 1;
  }

  /** The cells hold all rows after it. */
  endAll(): void {
    for (let slot = 0; slot < this.#rows.length; slot++) this.#end(slot);
  }

  #end(slot: number): void {
    if (this.#rows[slot] === 0) return;
    this.#cells[slot]?.count(this.#firstUs[slot], this.#lastUs[slot], this.#rows[slot]);
    this.#rows[slot] = 0;
    this.#toUs[slot] = -Infinity;
  }
}
