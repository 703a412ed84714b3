import { describe, expect, it } from 'vitest';
import { elideMiddle } from './label';

/** Letters of a real font differ in width: a capital takes two here. */
const width = (text: string) => [...text].reduce((sum, letter) => sum + (/[A-Z]/.test(letter) ? 2 : 1), 0);
const within = (room: number) => (text: string) => width(text) <= room;

describe('a label in a picture', () => {
  it('stays whole where it fits', () => {
    expect(elideMiddle('log-3 9200/tcp', within(14))).toBe('log-3 9200/tcp');
  });

  it('keeps its beginning and its end, and no more than there is room for, whatever its letters', () => {
    const label = 'AWS account 123456789012 secretsmanager';
    for (let room = 8; room < width(label); room++) {
      const short = elideMiddle(label, within(room));
      expect(width(short), short).toBeLessThanOrEqual(room);
      expect(width(short), short).toBeGreaterThanOrEqual(room - 2);
      const [start, end, ...more] = short.split('…');
      expect(more).toEqual([]);
      expect(label.startsWith(start!) && label.endsWith(end!), short).toBe(true);
      expect(end).not.toBe('');
    }
  });

  it('never cuts a character in two, and shows that something stands there where nothing fits', () => {
    expect(elideMiddle('😀'.repeat(9), within(6))).toBe('😀😀😀…😀😀');
    expect(elideMiddle('anything', () => false)).toBe('…');
  });
});
