import type { Draw } from '../draw';

/** A stretch in which a botnet is at work; its members start within it. */
export interface Wave {
  readonly fromUs: number;
  readonly toUs: number;
  readonly weight: number;
}

/** Some hours to two days each, unevenly strong: guessing comes in waves, not evenly. */
export function drawWaves(draw: Draw, fromUs: number, toUs: number, count: number): Wave[] {
  const hour = 3_600_000_000;
  return Array.from({ length: count }, () => {
    const length = Math.min(toUs - fromUs, draw.uniform(3, 44) * hour);
    const start = draw.uniform(fromUs, Math.max(fromUs, toUs - length));
    return { fromUs: start, toUs: start + length, weight: draw.uniform(0.5, 3) };
  });
}

/** A time within the waves, by their weights. */
export function timeInWaves(draw: Draw, waves: readonly Wave[]): number {
  const wave = draw.weighted(waves.map((each) => [each, each.weight] as const));
  return draw.uniform(wave.fromUs, wave.toUs);
}
