import { BYTE, decodeUtf8 } from '../base/bytes';
import { daysFromCivil, MICROS_PER_DAY, microsFromCivil, TIME_BASIS } from '../base/time';
import { LOGIN_METHOD, LOGIN_OUTCOME } from '../tables/schemas';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { ctimeOf, type ClockTime } from './shared/ctime';
import { RowWriter } from './shared/row-writer';
import { FAILED_SSH, remoteOf, SERVER_NOTE, serviceOfTerminal, WINDOW } from './shared/terminals';
import { parsedTime } from './shared/time';
import { readIsoText } from './shared/time-prefix';

const MAX_LINE_BYTES = 1024;
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
/** How long a file may have been silent. */
const MAX_YEARS = 40;
/** Without -w, names and addresses are cut at so many characters. */
const HOST_CHARS = 16;
const USER_CHARS = 8;

const TIME =
  / ((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d\d:\d\d(?::\d\d)?(?: \d{4})?(?!\S)|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:?\d\d)/;
/** Behind the time: the end and the length of the session, or why there is none; with -a the host. */
const REST =
  /^(?: - .{0,30}?)? *(?:\(((?:\d{1,5}\+)?\d{2,}:\d\d)\)|(still logged in|gone - no logout|still running))(?: +(\S+))?$/;
/** The name is padded to 8 characters at least; it may be empty or hold blanks. */
const KNOWN_TERMINAL =
  /^(.{8,300}?) (ssh:notty|pts\/\d{1,7}|tty\w{1,12}|console|:\d[\d.:]*|system boot|system down|\(to lvl \w+\))(?: +(\S+))?$/;
const ANY_TERMINAL = /^(.{8,300}?) (\S{1,32})(?: +(\S+))?$/;
const TRAILER = /^(\S{1,255}) begins (.*)$/;

const UNSURE_NOTE =
  'Nothing in the file tells whether it is the output of last (logins) or of lastb (failed ones): it has no line such as “wtmp begins …”. Outcomes are left open.';
const CUT_NOTE =
  'Names were cut when the file was made: remote hosts at 16 characters (marked …), users at 8. “last -F -i -w” writes them whole.';

const NO_HOSTS_NOTE =
  'It names no remote hosts, as the option -R leaves them out: logins from elsewhere and windows of a desktop look alike.';

interface Entry {
  readonly user: string;
  readonly terminal: string;
  readonly host: string;
  readonly time: ClockTime;
  readonly timeText: string;
  readonly seconds: number | undefined;
  readonly isOfLast: boolean;
  /** Whether it can only have been listed with names as long as they are. */
  readonly isWhole: boolean;
  readonly offset: number;
  readonly line: number;
}

function timeOf(text: string): ClockTime | undefined {
  if (!/^\d/.test(text)) return ctimeOf(text);
  return readIsoText(text) ? { us: parsedTime.us, basis: parsedTime.basis, length: text.length } : undefined;
}

/** Seconds of `00:01` (hours and minutes) and `1+02:03` (days before). */
function secondsOf(length: string | undefined): number | undefined {
  const [, days = '0', hours = '', minutes = ''] = /^(?:(\d+)\+)?(\d+):(\d\d)$/.exec(length ?? '') ?? [];
  return hours === '' ? undefined : (Number(days) * 24 + Number(hours)) * 3600 + Number(minutes) * 60;
}

function entryOf(text: string, offset: number, line: number): Entry | undefined {
  const found = TIME.exec(text);
  const [, timeText = ''] = found ?? [];
  const time = timeOf(timeText);
  if (!found || !time) return undefined;
  const rest = REST.exec(text.slice(found.index + found[0].length).trimEnd());
  const before = text.slice(0, found.index).trimEnd();
  const who = KNOWN_TERMINAL.exec(before) ?? ANY_TERMINAL.exec(before);
  if (!rest || !who) return undefined;
  return {
    user: (who[1] ?? '').trim(),
    terminal: who[2] ?? '',
    host: who[3] ?? rest[3] ?? '',
    time,
    timeText,
    seconds: secondsOf(rest[1]),
    isWhole:
      rest[3] !== undefined || (who[1] ?? '').length > USER_CHARS || (who[3] ?? '').length > HOST_CHARS,
    isOfLast: rest[2] !== undefined || (who[2] ?? '').startsWith('system '),
    offset,
    line,
  };
}

/**
 * The entries' times with their years, given the first time of the file that they were listed from. They run from new to old: from the last entry back, each
 * is in the first year in which it is not before the one behind it and falls on the day of the week that it names.
 */
function datedFrom(entries: readonly Entry[], firstUs: number): (ClockTime | undefined)[] {
  let previous = firstUs;
  const times = entries.map(({ time }): ClockTime | undefined => time);
  for (let i = entries.length - 1; i >= 0; i--) {
    const { time, timeText } = entries[i] as Entry;
    if (time.basis === TIME_BASIS.yearless) {
      const us = inYearAfter(time.us, timeText, previous);
      times[i] = us === undefined ? undefined : { ...time, us, basis: TIME_BASIS.local };
    }
    previous = times[i]?.us ?? previous;
  }
  return times;
}

function inYearAfter(us: number, text: string, previous: number): number | undefined {
  const date = new Date(us / 1000);
  const [month, day] = [date.getUTCMonth() + 1, date.getUTCDate()];
  const first = new Date(previous / 1000).getUTCFullYear();
  for (let year = first; year < first + MAX_YEARS; year++) {
    const dated = new Date(Date.UTC(year, month - 1, day));
    if (dated.getUTCMonth() + 1 !== month || WEEKDAYS[dated.getUTCDay()] !== text.slice(0, 3)) continue;
    const start = microsFromCivil(date.getUTCFullYear(), month, day);
    const then = daysFromCivil(year, month, day) * MICROS_PER_DAY + (us - start);
    // A clock that was set back a little is no new year.
    if (then >= previous - MICROS_PER_DAY) return then;
  }
  return undefined;
}

/** What last and lastb (last(1), util-linux and sysvinit) print of wtmp and btmp. */
class LastParser implements RecordParser {
  records = 0;
  readonly #sink: RecordSink;
  readonly #rows: RowWriter;
  #entries: Entry[] = [];

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#rows = new RowWriter(sink);
  }

  /** The complete file: which of the two programs printed it, and its first year, stand at its end. */
  record(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end) {
      const newline = bytes.indexOf(BYTE.newline, at);
      const stop = newline === -1 || newline > end ? end : newline;
      this.records += 1;
      this.#line(bytes, at, stop, at - start);
      at = stop + 1;
    }
    this.#close('', undefined);
    if (this.records === 0) this.#sink.skip('blank');
    this.records = Math.max(1, this.records);
  }

  #line(bytes: Uint8Array, start: number, stop: number, offset: number): void {
    const text = decodeUtf8(bytes, start, Math.min(stop, start + MAX_LINE_BYTES)).replace(/\r$/, '');
    const entry = entryOf(text, offset, this.records);
    const trailer = entry ? null : TRAILER.exec(text.trim());
    if (entry) this.#entries.push(entry);
    else if (text.trim() === '') this.#sink.skip('blank');
    else if (trailer) {
      this.#sink.skip('where the file begins');
      this.#close(trailer[1] ?? '', timeOf((trailer[2] ?? '').trim()));
    } else
      this.#sink.reject(
        'expected user, terminal, remote host, time and end, such as bob pts/0 192.0.2.1 Sun Mar 10 12:00:00 2024 - Sun Mar 10 12:30:00 2024  (00:30)',
        bytes,
        start,
        stop,
        this.records,
      );
  }

  /** Writes the entries of one listing, whose file is called `name`. */
  #close(name: string, first: ClockTime | undefined): void {
    const entries = this.#entries;
    this.#entries = [];
    if (entries.length === 0) return;
    const outcome = this.#outcomeOf(entries, name);
    const isWide = entries.some(({ isWhole }) => isWhole);
    const hasHosts = entries.some(({ host }) => host !== '');
    if (!hasHosts) this.#sink.note(NO_HOSTS_NOTE);
    const isYearKnown = first !== undefined && first.basis !== TIME_BASIS.yearless;
    const dated = isYearKnown ? datedFrom(entries, first.us) : [];
    entries.forEach((entry, i) => this.#write(entry, dated[i] ?? entry.time, outcome, isWide, hasHosts));
  }

  /** By the file's name, which the listing ends with, and by what only one of the two ever prints. */
  #outcomeOf(entries: readonly Entry[], name: string): number {
    const base = name.slice(name.lastIndexOf('/') + 1);
    const isBtmp = /btmp/i.test(base) || entries.some(({ terminal }) => terminal === FAILED_SSH);
    const isWtmp = /[wu]tmp/i.test(base) || entries.some(({ isOfLast }) => isOfLast);
    if (isBtmp !== isWtmp) return isBtmp ? LOGIN_OUTCOME.failure : LOGIN_OUTCOME.success;
    this.#sink.note(UNSURE_NOTE);
    return LOGIN_OUTCOME.unknown;
  }

  #write(entry: Entry, time: ClockTime, told: number, isWide: boolean, hasHosts: boolean): void {
    const { user, terminal, host, seconds, offset, line } = entry;
    if (/^system |^\(to lvl/.test(terminal)) {
      this.#sink.skip(`${user.slice(0, 16)} record`);
      return;
    }
    const isCut = !isWide && host.length === HOST_CHARS;
    if (isCut) this.#sink.note(CUT_NOTE);
    const remote = remoteOf(host);
    // A part of an IPv6 address would be another address.
    const actor = isCut && remote !== '' ? `${remote}…` : remote;
    const place = serviceOfTerminal(terminal, remote);
    // Without hosts a window and a remote login look alike.
    const service = place === WINDOW && !hasHosts ? 'login' : place;
    if (service === 'sshd' && terminal !== FAILED_SSH) this.#sink.note(SERVER_NOTE);
    const outcome = terminal === FAILED_SSH ? LOGIN_OUTCOME.failure : told;
    const isSuccess = outcome === LOGIN_OUTCOME.success;
    const fields = { actor, service, user, method: LOGIN_METHOD.unknown };
    this.#rows.at(time.us, time.basis, offset, line);
    this.#rows.login({
      ...fields,
      outcome: isSuccess && service === WINDOW ? LOGIN_OUTCOME.sessionOpened : outcome,
    });
    if (!isSuccess || seconds === undefined || time.basis === TIME_BASIS.yearless) return;
    this.#rows.at(time.us + seconds * 1e6, time.basis, offset, line);
    this.#rows.login({ ...fields, outcome: LOGIN_OUTCOME.sessionClosed });
  }
}

function sniffLast(head: Head): number {
  const lines = head.lines.filter((line) => line.trim() !== '').slice(0, 100);
  const fit = lines.filter((line) => entryOf(line.slice(0, MAX_LINE_BYTES), 0, 0) !== undefined).length;
  const trailers = lines.filter((line) => TRAILER.test(line)).length;
  return fit === 0 ? 0 : 0.3 + 0.66 * ((fit + trailers) / lines.length);
}

export const last: Format = {
  id: 'last',
  label: 'Output of last or lastb',
  framing: 'whole',
  splittable: false,
  tables: ['logins'],
  retells: true,
  sniff: sniffLast,
  parser: (context) => new LastParser(context),
};
