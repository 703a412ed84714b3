import { describe, expect, it } from 'vitest';
import { KeyReader } from './keys';

const press = (
  key: string,
  held: Partial<Record<'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey', boolean>> = {},
) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...held,
});

describe('keys', () => {
  it('do what the help says', () => {
    const keys = new KeyReader();
    const read = (key: string) => keys.read(press(key), false, 0);
    expect(read('?')).toEqual({ kind: 'help' });
    expect(read('/')).toEqual({ kind: 'palette' });
    expect(read('j')).toEqual({ kind: 'row', delta: 1 });
    expect(read('k')).toEqual({ kind: 'row', delta: -1 });
    expect(read('[')).toEqual({ kind: 'cell', delta: -1 });
    expect(read(']')).toEqual({ kind: 'cell', delta: 1 });
    expect(read('x')).toEqual({ kind: 'pin' });
    expect(read('t')).toEqual({ kind: 'tag' });
    expect(read('n')).toEqual({ kind: 'note' });
    expect(read('r')).toEqual({ kind: 'receipts' });
    expect(read('Escape')).toEqual({ kind: 'clear' });
    expect(read('q')).toBeNull();
  });

  it('leave text fields alone but for the palette', () => {
    const keys = new KeyReader();
    expect(keys.read(press('j'), true, 0)).toBeNull();
    expect(keys.read(press('z', { ctrlKey: true }), true, 0)).toBeNull();
    expect(keys.read(press('k', { metaKey: true }), true, 0)).toEqual({ kind: 'palette' });
  });

  it('undo and redo with Control or Command', () => {
    const keys = new KeyReader();
    expect(keys.read(press('z', { ctrlKey: true }), false, 0)).toEqual({ kind: 'undo' });
    expect(keys.read(press('Z', { metaKey: true, shiftKey: true }), false, 0)).toEqual({ kind: 'redo' });
    expect(keys.read(press('y', { ctrlKey: true }), false, 0)).toEqual({ kind: 'redo' });
  });

  it('take g and a number as one, for a moment', () => {
    const keys = new KeyReader();
    expect(keys.read(press('g'), false, 0)).toBeNull();
    expect(keys.read(press('4'), false, 900)).toEqual({ kind: 'goto', cell: 4 });
    expect(keys.read(press('4'), false, 901)).toBeNull();
    keys.read(press('g'), false, 1000);
    expect(keys.read(press('4'), false, 9000)).toBeNull();
    keys.read(press('g'), false, 10_000);
    expect(keys.read(press('j'), false, 10_001)).toEqual({ kind: 'row', delta: 1 });
  });

  it('do nothing with the browser’s own combinations', () => {
    const keys = new KeyReader();
    expect(keys.read(press('t', { ctrlKey: true }), false, 0)).toBeNull();
    expect(keys.read(press('n', { metaKey: true }), false, 0)).toBeNull();
    expect(keys.read(press('x', { altKey: true }), false, 0)).toBeNull();
  });
});
