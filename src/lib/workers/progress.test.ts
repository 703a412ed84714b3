import { describe, expect, it } from 'vitest';
import type { LoadProgress } from './engine';
import { ProgressMeter } from './progress';

describe('progress of one file', () => {
  it('adds its ranges up, tells ten times a second at most, and a new phase at once', () => {
    let now = 0;
    const told: LoadProgress[] = [];
    const meter = new ProgressMeter(
      1000,
      (progress) => told.push(progress),
      () => now,
    );
    meter.phase('reading', 'vpc-flow');
    for (let step = 1; step <= 100; step++) {
      now = step * 10;
      meter.range(0, { bytesRead: step * 5, rows: step, rejected: 0 });
      meter.range(1, { bytesRead: step * 3, rows: step, rejected: 1 });
    }
    // One for the phase, then one in 100 ms over a second.
    expect(told.length).toBeGreaterThan(8);
    expect(told.length).toBeLessThanOrEqual(11);
    const last = told.at(-1)!;
    expect(last).toMatchObject({ phase: 'reading', format: 'vpc-flow', bytesTotal: 1000, rejected: 1 });
    expect(last.rows).toBeGreaterThan(190);
    // 8 bytes every 10 ms.
    expect(last.bytesPerSecond).toBeGreaterThan(780);
    expect(last.bytesPerSecond).toBeLessThan(820);
    expect(last.secondsLeft).toBeCloseTo((1000 - last.bytesRead) / last.bytesPerSecond);
    meter.phase('hashing');
    expect(told.at(-1)).toMatchObject({ phase: 'hashing', bytesRead: 0, rows: 200, format: 'vpc-flow' });
    meter.hashed(500);
    now += 100;
    meter.hashed(700);
    expect(told.at(-1)).toMatchObject({ bytesRead: 700 });
  });

  it('follows an archive from its hash to what is unpacked of it', () => {
    const told: LoadProgress[] = [];
    let now = 0;
    const meter = new ProgressMeter(
      100,
      (progress) => told.push(progress),
      () => now,
    );
    meter.archive('hashing', 60);
    meter.archive('unpacking', 10);
    now += 1000;
    meter.archive('unpacking', 40);
    expect(told.map(({ phase, bytesRead }) => [phase, bytesRead])).toEqual([
      ['hashing', 60],
      ['unpacking', 10],
      ['unpacking', 40],
    ]);
    expect(told.at(-1)!.secondsLeft).toBeCloseTo(2);
  });

  it('never says more than the file holds', () => {
    const told: LoadProgress[] = [];
    const meter = new ProgressMeter(
      100,
      (progress) => told.push(progress),
      () => told.length * 1000,
    );
    meter.phase('reading');
    meter.range(0, { bytesRead: 80, rows: 1, rejected: 0 });
    meter.range(1, { bytesRead: 80, rows: 1, rejected: 0 });
    expect(told.at(-1)!.bytesRead).toBe(100);
    expect(told.at(-1)!.secondsLeft).toBe(0);
  });
});
