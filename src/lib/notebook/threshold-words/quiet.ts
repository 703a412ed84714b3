import type { Thresholds } from '../../analysis/parameters';
import { CONTROL_WEIGHTS, QUIET_THRESHOLDS, QUIET_WEIGHTS } from '../../analysis/thresholds';
import type { MAIN_WORDS } from './main';
import { advanced, COUNT, PROBABILITY, SHARE, weighing, type ThresholdWords } from './words';

const controls = advanced('quiet', 'Against the control group');
const rarity = advanced('quiet', 'Rarity and habit');
const knowing = advanced('quiet', 'Depth and knowledge');

type Main = keyof typeof MAIN_WORDS;

export const CONTROL_WORDS = {
  plainBytes: controls(
    'Bytes that a failed attempt may get',
    'B',
    [0, 1e12],
    'Banners, key exchanges, login pages and errors stay below it. Without a control group more than this stands out, and a service that answered more was asked something that its own log should have. Own default.',
  ),
  apartActors: controls(
    'Noise actors that may stand apart on one service',
    '',
    [0, 10_000],
    'So few whose sessions no failed attempt explains are left out of the measure of failing; more are a behavior, and a behavior is noise: so is a size that more of them have alike. Own default.',
  ),
  apartShare: controls(
    'The same as a share of the control group',
    '',
    SHARE,
    'The larger of both counts. Own default.',
  ),
} as const satisfies Partial<Record<keyof Thresholds, ThresholdWords>>;

const measure = advanced('quiet', 'What −log₁₀ p counts for, by measure');
const OF_MEASURE = 'What a session is worth by this measure is −log₁₀ p times this.';

export const CONTROL_WEIGHT_WORDS: Readonly<Record<keyof typeof CONTROL_WEIGHTS, ThresholdWords>> = {
  controlBytesToWeight: measure(
    'Bytes to the actor',
    '×',
    [0, 10],
    `${OF_MEASURE} They are what it took away.`,
  ),
  controlBytesFromWeight: measure('Bytes from the actor', '×', [0, 10], OF_MEASURE),
  controlPacketsWeight: measure('Packets', '×', [0, 10], OF_MEASURE),
  controlDurationWeight: measure(
    'Duration',
    '×',
    [0, 10],
    `${OF_MEASURE} A long stay alone may be a bot that hangs.`,
  ),
};

export const QUIET_WORDS: Readonly<
  Record<Exclude<keyof typeof QUIET_THRESHOLDS, Main> | 'baselineHours', ThresholdWords>
> = {
  ownNamesProbability: knowing(
    'Probability below which user names are its own',
    '',
    PROBABILITY,
    'Hypergeometric: so many of its names outside the dictionary that others share. Own default.',
  ),
  insideTrust: knowing(
    'What depth is worth from inside',
    '×',
    SHARE,
    'An actor in our own networks is more likely at work. Own default.',
  ),
  inferredTrust: knowing(
    'What an inferred rung is worth',
    '×',
    SHARE,
    'Where a service needs no login, a conversation implies rung 5; that says nothing of who talks. Own default.',
  ),
  baselineHours: rarity(
    'Records before the opening that make a baseline',
    'h',
    [1, 87_600],
    'With less nobody is called new, and no destination of ours either. Own default: a day.',
  ),
  volumeOwnShare: rarity(
    'Share of an hour’s volume that is the actor’s own',
    '',
    SHARE,
    'An hour that stands out is held against the actor only from here on. Own default.',
  ),
  volumeFewestHours: rarity(
    'Fewest like hours to compare with',
    '',
    [3, 1_000],
    'The same hour of other weeks, or of other days where there are too few weeks. Own default.',
  ),
  regularFactor: rarity(
    'How much more a regular may take',
    '×',
    [1, 1_000],
    'More than this times its most before the opening, and it does what it did not do before. Own default.',
  ),
  habitDays: rarity('Days of accepted logins that are a habit', '', COUNT, 'Own default.'),
  oddHourShare: rarity(
    'An hour of the day is odd below this share of others’ logins',
    '',
    PROBABILITY,
    'Of accepted logins to the same services, within 90 minutes by the clock. Spread evenly, an eighth would lie there. Own default.',
  ),
  oddHourFewest: rarity(
    'Fewest logins by others that tell which hours are usual',
    '',
    COUNT,
    'And on as many days as make a habit. Own default.',
  ),
};

const depth = advanced('quiet', 'What each rung is worth, before breadth divides it');
const weight = weighing('quiet', 'What each sign of targeted access weighs', '');
const RUNG = 'Units of the quiet score: 1 is worth a look. Own default.';

export const QUIET_WEIGHT_WORDS: Readonly<Record<keyof typeof QUIET_WEIGHTS, ThresholdWords>> = {
  depthConnected: depth('Rung 2, connected', '', [0, 20], RUNG),
  depthConversed: depth('Rung 3, conversed', '', [0, 20], RUNG),
  depthRequested: depth('Rung 4, requested', '', [0, 20], RUNG),
  depthAuthenticated: depth('Rung 5, authenticated', '', [0, 20], RUNG),
  depthQueried: depth('Rung 6, queried', '', [0, 20], RUNG),
  depthReturned: depth('Rung 7, returned', '', [0, 20], RUNG),
  depthBulk: depth('Rung 8, bulk', '', [0, 20], RUNG),
  controlWeight: weight('Outside the control group, at most', 'Its p-value’s worth counts up to this.'),
  ratioWeight: weight(
    'More than noise got, at most',
    'Where no p-value can be given: the logarithm of the ratio, up to this.',
  ),
  firstTryWeight: weight(
    'Accepted at the first try',
    'It knew a name and its credential. Own default: worth a look alone.',
  ),
  fewFailuresWeight: weight('Accepted after few failures', 'Own default: people mistype.'),
  ownNamesWeight: weight(
    'User names that nobody else tried, at most',
    'The −log₁₀ of their probability, up to this.',
  ),
  unscannedQueryWeight: weight(
    'Query without a scan',
    'It asked nothing that was refused, and called no other port. Own default.',
  ),
  knownPathWeight: weight(
    'Known path at the first request',
    'Carried out, no front door, and asked for by hardly anyone else. Own default.',
  ),
  afterGuessingWeight: weight('Success after guessing', 'Own default: the loudest sign of all.'),
  outlastedWeight: weight(
    'Longer than a login may take, without a login line',
    'The service let it in, or it would have dropped it. Own default.',
  ),
  longSessionWeight: weight('Long session after it', 'Someone was at work. Own default.'),
  newcomerWeight: weight(
    'First seen during the exposure',
    'Counts beside a sign of access only. Own default.',
  ),
  oneAssetWeight: weight('Seen on one asset only', 'Counts beside a sign of access only. Own default.'),
  volumeWeight: weight('Volume that is rare for the hour', 'Own default.'),
  regularWeight: weight(
    'Came before the exposure as well',
    'Taken off, and at least all that the other signs gave: what it always did is not due to the exposure.',
  ),
  regularWithMoreWeight: weight('Came before, but takes more since', 'Taken off. Own default.'),
  oddHoursWeight: weight(
    'Got in only at hours at which hardly anybody else does',
    'Own default: staff work late at times.',
  ),
  accountElsewhereWeight: weight(
    'An account that is at home elsewhere',
    'It has the habit of another address. Own default: people travel.',
  ),
  habitWeight: weight(
    'Habit of logging in, at most',
    'Taken off, more with each doubling of the days. Own default.',
  ),
  ownMachineWeight: weight(
    'A computer’s own account at home',
    'Taken off, and at least all that the other signs gave: machines log in to their domain and to themselves all day. Own default.',
  ),
  returnedWeight: weight('Came back by another way', 'After what it had used was closed. Own default.'),
  sameNetworkWeight: weight(
    'From the network of one that mattered',
    'First seen after the exposure closed. Own default.',
  ),
  hidTracesWeight: weight('Stopped logging, or deleted logs or data', 'Own default: worth a look alone.'),
  madeAccessWeight: weight('Made users, keys or rights', 'Admins do so too. Own default.'),
};
