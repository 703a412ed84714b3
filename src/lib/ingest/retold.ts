import { argsort } from '../base/sorting';
import { formatById } from '../formats/registry';
import type { Dictionaries } from '../tables/dictionaries';
import { LOGIN_METHOD, LOGIN_OUTCOME } from '../tables/schemas';
import type { Segment } from '../tables/segment';
import { MachineNames } from './machine-names';

/** A source as far as finding what it tells again of another needs it. Times are resolved. */
export interface TellingSource {
  readonly name: string;
  readonly format: string;
  /** The machine that wrote it, where its rows or the analyst say so. */
  readonly asset?: string;
  readonly segments: readonly Segment[];
}

export interface Retelling {
  readonly segments: readonly Segment[];
  /** Login rows that another source tells, too, and that count there. */
  readonly retold: number;
  /** The source that tells (most of) them. */
  readonly retoldOf?: string;
}

/** Two logs of one machine stamp the same try when each comes to write it: sshd its line, then PAM the record in btmp. */
const TOLERANCE_US = 2e6;
/** A session of Remote Desktop is reported when its desktop stands, some seconds after the logon that the Security log has. */
const DESKTOP_US = 10e6;
const MINUTE_US = 60e6;
/** Below this share of what two logs could have in common, what they do is chance: a bot tries root at many machines in the same second. */
const LEAST_SHARE = 0.5;
/**
 * Rows compared with each other in one case: some seconds of work. What is then not looked for counts in each log: that takes hundreds of
 * thousands of logins of one address within seconds, as a log has whose times are days.
 */
const MOST_COMPARED = 1e9;

const REFUSALS: ReadonlySet<number> = new Set([
  LOGIN_OUTCOME.failure,
  LOGIN_OUTCOME.invalidUser,
  LOGIN_OUTCOME.maxAttempts,
]);

/**
 * Counts once what several logs tell of one login: of each event the row that says most keeps its outcome, the others become `retold`, which is
 * neither a failure nor a success; they stay where they are, so that gaps and receipts of their log stay what they were. Told again are
 *
 * - what login records and fail2ban (`Format.retells`, or lines without an account) have of a server's own lines: same address and service, and the same
 *   outcome and account where they name one;
 * - what the logs of Remote Desktop have of logons that the Security log names: same address and machine;
 * - lines that came by two ways (a journal and the syslog file written from it): same process, port, account and outcome in another format; where syslog
 *   leaves the process out, as sudo does, on the same machine. What else they hold twice is retold-lines.ts'.
 *
 * Each only where at least half of what the log could share with others is found there.
 */
export function markRetold(sources: readonly TellingSource[], dictionaries: Dictionaries): Retelling[] {
  if (!mayRetell(sources)) return sources.map(({ segments }) => ({ segments, retold: 0 }));
  const rows = new LoginRows(sources, dictionaries);
  return sources.map((source, index) => {
    const found = hasLogins(source) ? rows.retoldBy(index) : null;
    return found
      ? { segments: marked(source.segments, found.rows), ...found.told }
      : { segments: source.segments, retold: 0 };
  });
}

/** Whether any of the sources could tell again of another: most cases hold none that could, and are spared the search. */
function mayRetell(sources: readonly TellingSource[]): boolean {
  const logs = sources.filter(hasLogins);
  if (logs.some(({ format }) => formatById(format)?.retells)) return logs.length > 1;
  if (logs.some(({ format }) => format.startsWith('windows'))) return true;
  const isLine = ({ process, user }: LoginColumns, i: number): boolean => process[i] !== 0 && user[i] !== 0;
  const hasLines = (log: TellingSource): boolean => holdsSyslog(log) || someLogin(log, isLine);
  if (new Set(logs.filter(hasLines).map(({ format }) => format)).size > 1) return true;
  const isNameless = ({ outcome, user, actorAddr }: LoginColumns, i: number): boolean =>
    outcome[i] === LOGIN_OUTCOME.failure && user[i] === 0 && actorAddr[i] !== 0;
  return logs.some((log) => someLogin(log, isNameless));
}

type LoginColumns = Segment<'logins'>['columns'];

function someLogin(
  { segments }: TellingSource,
  test: (columns: LoginColumns, index: number) => boolean,
): boolean {
  return segments.some((segment) => {
    if (segment.table !== 'logins') return false;
    const { columns, length } = segment as Segment<'logins'>;
    for (let i = 0; i < length; i++) if (test(columns, i)) return true;
    return false;
  });
}

function holdsSyslog({ format }: TellingSource): boolean {
  return formatById(format)?.holdsSyslog === true;
}

function hasLogins({ segments }: TellingSource): boolean {
  return segments.some((segment) => segment.table === 'logins' && segment.length > 0);
}

/** The segments with these rows, as indices through all login rows of the source, marked. */
function marked(segments: readonly Segment[], rows: readonly number[]): readonly Segment[] {
  let at = 0;
  let from = 0;
  const inOrder = rows.toSorted((a, b) => a - b);
  return segments.map((segment) => {
    if (segment.table !== 'logins') return segment;
    const first = from;
    from += segment.length;
    if ((inOrder[at] ?? Infinity) >= from) return segment;
    const { columns } = segment as Segment<'logins'>;
    const outcome = columns.outcome.slice();
    for (; at < inOrder.length && (inOrder[at] as number) < from; at++)
      outcome[(inOrder[at] as number) - first] = LOGIN_OUTCOME.retold;
    return { ...segment, columns: { ...columns, outcome } } as Segment;
  });
}

/** How a row tells again of what another row tells. */
type Telling = 'record' | 'desktop' | 'line' | 'bare';

/** Rows of a source that could tell again, those that do, and the source that tells each of these. */
interface Looked {
  readonly rows: number[];
  readonly found: number[];
  readonly tellers: number[];
}

/** The login rows of all sources, in the order of time for each address. */
class LoginRows {
  readonly #sources: readonly TellingSource[];
  readonly #retells: readonly boolean[];
  readonly #desktop: number;
  /** Of each source, its first row here. */
  readonly #firstOf: number[] = [];
  readonly #source: Uint32Array;
  readonly #timeUs: Float64Array;
  /** Address, or the remote name behind all addresses. */
  readonly #from: Float64Array;
  readonly #user: Uint32Array;
  readonly #became: Uint32Array;
  readonly #service: Uint32Array;
  readonly #process: Uint32Array;
  readonly #port: Uint16Array;
  readonly #outcome: Uint8Array;
  readonly #method: Uint8Array;
  readonly #machine: Uint32Array;
  /** Rows by where they came from, each in the order of time. */
  readonly #byOrigin = new Map<number, number[]>();
  /** 1 + the source that last told a row again: no row is told twice by one source. */
  readonly #takenBy: Uint32Array;
  #compared = 0;

  constructor(sources: readonly TellingSource[], { addresses, strings }: Dictionaries) {
    this.#sources = sources;
    this.#retells = sources.map(({ format }) => formatById(format)?.retells === true);
    const machines = new MachineNames(strings);
    const machineOfSource = sources.map(({ asset }) => machines.named(asset ?? ''));
    this.#desktop = strings.find('rdp');
    const segments = sources.map((source) =>
      source.segments.filter((segment): segment is Segment<'logins'> => segment.table === 'logins'),
    );
    const count = segments.flat().reduce((sum, { length }) => sum + length, 0);
    this.#source = new Uint32Array(count);
    this.#timeUs = new Float64Array(count);
    this.#from = new Float64Array(count);
    this.#user = new Uint32Array(count);
    this.#became = new Uint32Array(count);
    this.#service = new Uint32Array(count);
    this.#process = new Uint32Array(count);
    this.#port = new Uint16Array(count);
    this.#outcome = new Uint8Array(count);
    this.#method = new Uint8Array(count);
    this.#machine = new Uint32Array(count);
    this.#takenBy = new Uint32Array(count);
    let at = 0;
    segments.forEach((ofSource, source) => {
      this.#firstOf.push(at);
      for (const { columns: c, length } of ofSource) {
        for (let i = 0; i < length; i++, at++) {
          const name = c.actorName[i] as number;
          this.#source[at] = source;
          this.#timeUs[at] = c.timeUs[i] as number;
          this.#from[at] = (c.actorAddr[i] as number) || (name === 0 ? 0 : addresses.size + name);
          this.#user[at] = c.user[i] as number;
          this.#became[at] = c.became[i] as number;
          this.#service[at] = c.service[i] as number;
          this.#process[at] = c.process[i] as number;
          this.#port[at] = c.actorPort[i] as number;
          this.#outcome[at] = c.outcome[i] as number;
          this.#method[at] = c.method[i] as number;
          this.#machine[at] = machines.ofHost(c.host[i] as number) || (machineOfSource[source] as number);
        }
      }
    });
    this.#firstOf.push(at);
    for (const row of argsort(this.#timeUs)) {
      const from = this.#from[row] as number;
      const list = this.#byOrigin.get(from);
      if (list) list.push(row);
      else this.#byOrigin.set(from, [row]);
    }
  }

  /** What a source tells again of others, its rows as indices through its login rows; null where that is nothing or chance. */
  retoldBy(source: number): { rows: number[]; told: Pick<Retelling, 'retold' | 'retoldOf'> } | null {
    const [first, end] = [this.#firstOf[source] as number, this.#firstOf[source + 1] as number];
    const grainUs = this.#isOfMinutes(first, end) ? MINUTE_US : 0;
    const lines: Looked = { rows: [], found: [], tellers: [] };
    const bare: Looked = { rows: [], found: [], tellers: [] };
    const hasLines = this.#hasLinesBefore(source);
    for (let row = first; row < end; row++) {
      const telling = this.#tellingOf(row);
      if (telling === null) continue;
      const looked = telling === 'bare' ? bare : lines;
      looked.rows.push(row);
      if ((telling === 'line' || telling === 'bare') && !hasLines) continue;
      const teller = this.#tellerOf(row, telling, grainUs);
      if (teller === -1) continue;
      this.#takenBy[teller] = source + 1;
      looked.found.push(row);
      looked.tellers.push(this.#source[teller] as number);
    }
    const told = [lines, bare].filter((looked) => looked.found.length > 0 && this.#isMost(looked, grainUs));
    if (told.length === 0) return null;
    const tellers = new Map<number, number>();
    for (const by of told.flatMap((looked) => looked.tellers)) tellers.set(by, (tellers.get(by) ?? 0) + 1);
    const [most] = [...tellers].toSorted((a, b) => b[1] - a[1]);
    const rows = told.flatMap(({ found }) => found.map((row) => row - first));
    return { rows, told: { retold: rows.length, retoldOf: this.#sources[most?.[0] ?? source]?.name } };
  }

  /** Whether what was found is most of what the logs that tell it could share with this one. */
  #isMost({ rows, found, tellers }: Looked, grainUs: number): boolean {
    const [fromUs, toUs] = this.#spanOf([...new Set(tellers)]);
    const possible = rows.filter(
      (row) => (this.#timeUs[row] as number) >= fromUs - grainUs && (this.#timeUs[row] as number) <= toUs,
    );
    return found.length >= LEAST_SHARE * possible.length;
  }

  /** Whether a source before it may hold the same lines in another format. */
  #hasLinesBefore(source: number): boolean {
    const own = this.#sources[source]?.format;
    return this.#sources.some(
      (other, i) => i < source && other.format !== own && !this.#retells[i] && hasLogins(other),
    );
  }

  /** How this row could tell again; null where it speaks for itself. */
  #tellingOf(row: number): Telling | null {
    const source = this.#source[row] as number;
    const outcome = this.#outcome[row] as number;
    const isTry = outcome === LOGIN_OUTCOME.failure || outcome === LOGIN_OUTCOME.success;
    const isNameless = outcome === LOGIN_OUTCOME.failure && this.#user[row] === 0;
    if (isTry && this.#from[row] !== 0 && this.#isDesktopReport(row)) return 'desktop';
    if (this.#retells[source] || isNameless) return isTry && this.#from[row] !== 0 ? 'record' : null;
    if (this.#user[row] === 0) return null;
    if (this.#process[row] !== 0) return 'line';
    return holdsSyslog(this.#sources[source] as TellingSource) ? 'bare' : null;
  }

  /** The logs of Remote Desktop name neither a logon id nor how somebody proved who he is. */
  #isDesktopReport(row: number): boolean {
    return (
      this.#service[row] === this.#desktop &&
      this.#process[row] === 0 &&
      this.#method[row] === LOGIN_METHOD.unknown &&
      this.#isOfWindows(row)
    );
  }

  #isOfWindows(row: number): boolean {
    return this.#sources[this.#source[row] as number]?.format.startsWith('windows') ?? false;
  }

  /** The row nearest in time that tells what this one does, and is not yet told again by this row's source; −1 where none is. */
  #tellerOf(row: number, telling: Telling, grainUs: number): number {
    const rows = this.#byOrigin.get(this.#from[row] as number) ?? [];
    const us = this.#timeUs[row] as number;
    const beforeUs = telling === 'desktop' ? DESKTOP_US : TOLERANCE_US;
    const lastUs = us + grainUs + TOLERANCE_US;
    const taken = (this.#source[row] as number) + 1;
    let nearest = -1;
    let leastUs = Infinity;
    for (let at = this.#firstFrom(rows, us - beforeUs); at < rows.length; at++) {
      const other = rows[at] as number;
      const otherUs = this.#timeUs[other] as number;
      if (!(otherUs <= lastUs) || otherUs - us >= leastUs || this.#compared === MOST_COMPARED) break;
      this.#compared += 1;
      const offUs = Math.abs(otherUs - us);
      if (offUs >= leastUs || this.#takenBy[other] === taken || !this.#isTelling(other, row, telling))
        continue;
      leastUs = offUs;
      nearest = other;
    }
    return nearest;
  }

  #isTelling(teller: number, row: number, telling: Telling): boolean {
    const source = this.#source[row] as number;
    const other = this.#source[teller] as number;
    const [ours, theirs] = [this.#machine[row], this.#machine[teller]];
    if (teller === row || (ours !== 0 && theirs !== 0 && ours !== theirs)) return false;
    const isOfUser = this.#user[teller] === this.#user[row];
    const isSame = this.#outcome[teller] === this.#outcome[row];
    switch (telling) {
      case 'record': {
        if (this.#retells[other] || this.#service[teller] !== this.#service[row]) return false;
        // What fail2ban found is one line of the server's, be it of the password or before that of the name.
        if (this.#user[row] === 0) return !isOfUser && REFUSALS.has(this.#outcome[teller] as number);
        return isOfUser && isSame;
      }
      case 'desktop':
        return (
          isSame &&
          this.#isOfWindows(teller) &&
          !this.#isDesktopReport(teller) &&
          this.#user[teller] !== 0 &&
          (isOfUser || this.#user[row] === 0)
        );
      case 'line':
      case 'bare':
        return (
          other < source &&
          !this.#retells[other] &&
          this.#sources[other]?.format !== this.#sources[source]?.format &&
          isSame &&
          isOfUser &&
          this.#became[teller] === this.#became[row] &&
          this.#isSameProcess(teller, row) &&
          this.#port[teller] === this.#port[row] &&
          this.#service[teller] === this.#service[row]
        );
    }
  }

  #isSameProcess(teller: number, row: number): boolean {
    const [ours, theirs] = [this.#process[row], this.#process[teller]];
    if (ours !== 0 && theirs !== 0) return ours === theirs;
    const isOfMachine = this.#machine[row] !== 0 && this.#machine[row] === this.#machine[teller];
    return (
      isOfMachine &&
      [row, teller].every((one) => holdsSyslog(this.#sources[this.#source[one] as number] as TellingSource))
    );
  }

  /** Index of the first row of a list in the order of time that is not before `us`. */
  #firstFrom(rows: readonly number[], us: number): number {
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#timeUs[rows[middle] as number] as number) < us) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #spanOf(sources: readonly number[]): [number, number] {
    let fromUs = Infinity;
    let toUs = -Infinity;
    for (const source of sources) {
      const end = this.#firstOf[source + 1] as number;
      for (let row = this.#firstOf[source] as number; row < end; row++) {
        const us = this.#timeUs[row] as number;
        if (us < fromUs) fromUs = us;
        if (us > toUs) toUs = us;
      }
    }
    return [fromUs - TOLERANCE_US, toUs + DESKTOP_US];
  }

  /** Whether all times are of whole minutes, as `last` prints them without `-F`. */
  #isOfMinutes(first: number, end: number): boolean {
    for (let row = first; row < end; row++) if ((this.#timeUs[row] as number) % MINUTE_US !== 0) return false;
    return true;
  }
}
