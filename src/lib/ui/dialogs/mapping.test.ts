import { describe, expect, it } from 'vitest';
import {
  ambiguousDate,
  fieldsOf,
  fieldWords,
  mappingOf,
  missingFields,
  timePairs,
  usedColumns,
  valueChoices,
} from './mapping';

describe('naming the columns of a table', () => {
  it('asks for a time, and for both sides of a flow in one way or the other', () => {
    expect(missingFields('flows', {})).toEqual([['startUs'], ['srcAddr'], ['dstAddr']]);
    expect(missingFields('flows', { startUs: 't', localAddr: 'l', remoteAddr: 'r' })).toEqual([]);
    expect(missingFields('logins', { user: 'u' })).toEqual([['timeUs']]);
  });

  it('does not let a table be read whose every record would be refused', () => {
    expect(missingFields('logins', { timeUs: 't', outcome: 'o' })).toEqual([
      ['actorAddr', 'user', 'actorName'],
    ]);
    expect(missingFields('changes', { timeUs: 't', detail: 'd' })).toEqual([]);
  });

  it('has words for every field of every table', () => {
    for (const table of ['flows', 'logins', 'queries', 'changes'] as const) {
      for (const field of fieldsOf(table)) expect(fieldWords(field), field).not.toBe(field);
    }
  });

  it('drops what another table does not have, and keeps the pairs that some exports use', () => {
    const columns = { startUs: 'when', direction: 'dir', user: 'who', srcAddr: '' };
    expect(usedColumns('flows', columns)).toEqual({ startUs: 'when', direction: 'dir' });
    expect(usedColumns('logins', columns)).toEqual({ user: 'who' });
  });

  it('offers our words for the values that stand in the file', () => {
    const choices = valueChoices(
      'flows',
      { verdict: 'what', startUs: 'when' },
      ['when', 'what'],
      [
        ['1', 'erlaubt'],
        ['2', 'verweigert'],
        ['3', 'erlaubt'],
      ],
    );
    expect(choices.map((choice) => choice.text)).toEqual(['erlaubt', 'verweigert']);
    expect(choices[0]?.names).toContain('accept');
  });

  it('offers a date and its clock as one time, whatever they are called', () => {
    const rows = [
      ['3/2/2015', '10:20:30', 'root'],
      ['3/2/2015', '10:20:31', '10'],
    ];
    expect(timePairs(['Dzień', 'Godzina', 'Kto'], rows)).toEqual(['Dzień + Godzina']);
    expect(timePairs(['a', 'b', 'c'], [['x', 'y', 'z']])).toEqual([]);
  });

  it('asks which number of a date is the day only while no row tells', () => {
    const of = (...days: string[]) =>
      ambiguousDate(
        'day + clock',
        ['day', 'clock'],
        days.map((day) => [day, '10:20']),
      );
    expect(of('03/02/2015', '04/02/2015')).toBe('03/02/2015');
    expect(of('03/02/2015', '31/01/2015')).toBeUndefined();
    expect(of('2015-03-02')).toBeUndefined();
    expect(of('02.03.2015')).toBeUndefined();
    const chosen = { table: 'flows', delimiter: ',', columns: {}, time: 'auto', values: {} } as const;
    const guess = { table: 'flows', columns: {} } as const;
    expect(mappingOf(guess, { ...chosen, dayFirst: true })).toHaveProperty('dayFirst', true);
    expect(mappingOf(guess, chosen)).not.toHaveProperty('dayFirst');
  });

  it('puts the analyst’s words over the guessed ones', () => {
    const guess = { table: 'flows', columns: {}, values: { ok: 'accept', nope: 'reject' } } as const;
    const chosen = { table: 'flows', delimiter: ';', columns: { startUs: 'when' }, time: 'auto' } as const;
    expect(mappingOf(guess, { ...chosen, values: { nope: '', x: 'reject' } })).toEqual({
      table: 'flows',
      delimiter: ';',
      columns: { startUs: 'when' },
      time: 'auto',
      values: { ok: 'accept', x: 'reject' },
    });
  });
});
