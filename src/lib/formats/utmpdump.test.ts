import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BTMP, utmpFile, WTMP } from '../../../tests/fixtures/wtmp/records';
import { parseWith, type Parsed } from '../../../tests/support/parse';
import { TIME_BASIS } from '../base/time';
import { LOGIN_OUTCOME } from '../tables/schemas';
import { utmpdump } from './utmpdump';
import { btmp, wtmp } from './wtmp';

const read = (name: string): Parsed =>
  parseWith(utmpdump, readFileSync(`tests/fixtures/utmpdump/${name}.txt`, 'utf8'));
/** What rows say, without where they stand. */
const said = (parsed: Parsed): unknown[] =>
  parsed.rows('logins').map((row) => ({ ...row, offset: 0, line: 0, lineAdjust: 0 }));
const outcomesOf = (text: string): unknown[] =>
  parseWith(utmpdump, text)
    .rows('logins')
    .map((row) => row.outcome);

describe('the output of utmpdump', () => {
  it('says what the file says that it was made of', () => {
    expect(said(read('wtmp'))).toEqual(said(parseWith(wtmp, utmpFile(WTMP))));
    expect(said(read('btmp'))).toEqual(said(parseWith(btmp, utmpFile(BTMP))));
    expect(read('wtmp').rejected).toEqual([]);
  });

  const login =
    '[7] [01234] [ts/0] [bob     ] [pts/0       ] [203.0.113.7         ] [203.0.113.7    ] [2015-03-02T10:20:30,250000+00:00]\n';

  it('is a login or a failed one by its title, and neither without', () => {
    expect(outcomesOf(login)).toEqual([LOGIN_OUTCOME.unknown]);
    expect(outcomesOf(`Utmp dump of /var/log/wtmp.1\n${login}`)).toEqual([LOGIN_OUTCOME.success]);
    expect(outcomesOf(`Utmp dump of /var/log/btmp\n${login}`)).toEqual([LOGIN_OUTCOME.failure]);
  });

  it('keeps a user name in one piece that looks like the values behind it', () => {
    const forged = login.replace('[7]', '[6]').replace('[bob     ]', '[x] [pts/9       ]');
    expect(
      parseWith(utmpdump, forged.replace('pts/0', 'ssh:notty').replace('       ] [203', '   ] [203')).rows(
        'logins',
      ),
    ).toMatchObject([{ user: 'x] [pts/9', actorAddr: '203.0.113.7', outcome: LOGIN_OUTCOME.failure }]);
  });

  it('is read as older versions wrote it, in UTC where they say so', () => {
    const old = (zone: string): unknown =>
      parseWith(
        utmpdump,
        login.replace('2015-03-02T10:20:30,250000+00:00', `Mon Mar 02 10:20:30 2015 ${zone}`),
      ).rows('logins')[0];
    const timeUs = Date.UTC(2015, 2, 2, 10, 20, 30) * 1000;
    expect(old('UTC')).toMatchObject({ timeUs, timeBasis: TIME_BASIS.absolute });
    expect(old('CET')).toMatchObject({ timeUs, timeBasis: TIME_BASIS.local });
  });

  it('says what it expected of a line that it cannot read', () => {
    const parsed = parseWith(utmpdump, `${login}[7] [01234] [ts/0] [bob\n`);
    expect(parsed.rejected).toMatchObject([{ line: 2, reason: expect.stringContaining('eight values') }]);
  });
});
