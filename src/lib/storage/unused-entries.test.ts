import { describe, expect, it } from 'vitest';
import { Dictionaries } from '../tables/dictionaries';
import { UsedEntries, withoutUnused } from './unused-entries';

describe('dictionaries without what no row names', () => {
  it('keep every id that a row names, and no text that none does', () => {
    const dictionaries = new Dictionaries();
    // The second text is what the first's placeholder would be; the second address lies where placeholders lie.
    const strings = ['secret', '\x001', 'kept', 'tail'].map((text) => dictionaries.strings.intern(text));
    const addresses = ['203.0.113.9', 'ffff:ffff:ffff:ffff::1', '192.0.2.1', '192.0.2.2'].map((text) =>
      dictionaries.addresses.internText(text),
    );
    const data = dictionaries.toData();
    const used = new UsedEntries(data);
    used.add({
      table: 'logins',
      length: 2,
      columns: {
        user: Uint32Array.of(strings[1]!, strings[2]!),
        host: 0,
        actorAddr: Uint32Array.of(addresses[1]!, addresses[2]!),
      },
    });
    const kept = withoutUnused(data, used);
    const again = Dictionaries.fromData(kept);
    expect([again.strings.size, again.addresses.size]).toEqual([4, 4]);
    expect([again.strings.text(2), again.strings.text(3)]).toEqual(['\x001', 'kept']);
    expect([again.addresses.text(2), again.addresses.text(3)]).toEqual([
      'ffff:ffff:ffff:ffff::1',
      '192.0.2.1',
    ]);
    expect(Buffer.from(kept.stringBytes).toString()).not.toMatch(/secret|tail/);
    expect(again.addresses.text(1)).not.toBe('203.0.113.9');
  });

  it('are empty when no row is left', () => {
    const dictionaries = new Dictionaries();
    dictionaries.strings.intern('secret');
    dictionaries.addresses.internText('203.0.113.9');
    const data = dictionaries.toData();
    expect(withoutUnused(data, new UsedEntries(data))).toEqual(new Dictionaries().toData());
  });
});
