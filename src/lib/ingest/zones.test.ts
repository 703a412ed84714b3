import { describe, expect, it } from 'vitest';
import { WallClock, zoneOf } from './zones';

describe('zoneOf', () => {
  it.each([
    ['UTC', 0],
    ['z', 0],
    ['Etc/UTC', 0],
    ['+05:30', 330],
    ['-0330', -210],
    ['UTC+2', 120],
    ['GMT-11', -660],
    ['Asia/Kathmandu', 345],
  ])('%s is %d minutes from UTC', (text, minutes) => {
    expect(zoneOf(text)?.offset(0 + Date.UTC(2024, 0, 1))).toBe(minutes);
  });

  it.each(['', 'Nowhere/City', '+25:00', '+01:75', '<b>'])('refuses %j', (text) => {
    expect(zoneOf(text)).toBeUndefined();
  });
});

describe('WallClock', () => {
  it('is the reverse of reading a clock, outside of the hours at which it is changed', () => {
    const zone = zoneOf('Australia/Lord_Howe')!;
    const clock = new WallClock(zone);
    for (let day = 0; day < 366; day++) {
      const utc = Date.UTC(2024, 0, 1, 3, 7, 9) + day * 86_400_000;
      const wall = utc + zone.offset(utc) * 60_000;
      expect(clock.toUtc(wall * 1000)).toBe(utc * 1000);
    }
    expect([clock.ambiguous, clock.skipped]).toEqual([0, 0]);
  });

  it('keeps an unknown time unknown', () => {
    expect(new WallClock(zoneOf('UTC')!).toUtc(Number.NaN)).toBeNaN();
  });
});
