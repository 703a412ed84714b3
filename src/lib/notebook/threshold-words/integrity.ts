import type { Thresholds } from '../../analysis/parameters';
import { SEQUENCE_THRESHOLDS, SILENCE_THRESHOLDS } from '../../analysis/thresholds';
import { advanced, COUNT, PROBABILITY, SHARE, type ThresholdWords } from './words';

const silence = advanced('integrity', 'Silences');
const numbers = advanced('integrity', 'Record numbers');
const traces = advanced('integrity', 'Missing lines');
const times = advanced('integrity', 'Times of lines');
const cover = advanced('integrity', 'What a log covers');

export const INTEGRITY_WORDS = {
  lowestTraceRate: traces(
    'Share of sessions with a line below which none is missed',
    '',
    SHARE,
    'Where a trace is the exception its absence tells nothing. Own default.',
  ),
  loginPortShare: traces(
    'Share of a host’s matched logins that a port has',
    '',
    SHARE,
    'Sessions to a port with less are not held against the login log: they matched by chance. Own default.',
  ),
  tracedSizeQuantile: traces(
    'Quantile of the logged sessions’ sizes below which none is missed',
    '',
    SHARE,
    'A session smaller than nearly all that left a line need not have left one: a scan that reads the banner. Own default.',
  ),
  oneSidedShare: traces(
    'Sessions with payload one way, for each with both, of a sampled export',
    '',
    [0, 1_000],
    'With more, the export kept only some rows, and a request may stand an interval before or after what is shown. Own default.',
  ),
  heartbeatMissingShare: silence(
    'Time without NODATA that a full export may have',
    '',
    SHARE,
    'With more, NODATA is not written for every quiet interval, and an interval without a record is judged by rate. Own default.',
  ),
  traceFewestOutside: traces(
    'Sessions outside a group from which its rate is read',
    '',
    COUNT,
    'A group is held to the rate of the rest; with a smaller rest, to the rate of all. Own default.',
  ),
  clockAgreesSeconds: times(
    'Offset of a log’s clock that is left as it is',
    's',
    [0, 86_400],
    'Delays and rounding are no offset; times of a log that is further off are set right. Own default.',
  ),
  backwardsSeconds: times(
    'Step back in time that is told',
    's',
    [0, 86_400],
    'Several writers of one log are a little out of order; a larger step is a clock that was set, or lines that were put in. Own default.',
  ),
  logEdgeMinutes: cover(
    'Time around its first and last row that a log is held to cover',
    'min',
    [0, 1_440],
    'At most; less where the log’s own rhythm would have shown a silence sooner. Own default.',
  ),
  uncoveredSeconds: cover(
    'Time of a day that may be without a log',
    's',
    [0, 3_600],
    'What the rounding of times leaves open. With more a day is not “not queried within coverage”. Own default.',
  ),
} as const satisfies Partial<Record<keyof Thresholds, ThresholdWords>>;

export const SILENCE_WORDS: Readonly<Record<keyof typeof SILENCE_THRESHOLDS, ThresholdWords>> = {
  dailyFromDays: silence(
    'Days from which rates differ by the hour of day',
    'd',
    [1, 366],
    'With fewer one rate has to do. Own default.',
  ),
  weeklyFromDays: silence(
    'Days from which rates differ by the hour of week',
    'd',
    [7, 3_660],
    'Own default: three weeks.',
  ),
  overdispersed: silence(
    'Variance over mean that is clustered',
    '',
    [1, 1_000],
    'Above it the silences’ own tail must agree that one is too long. 1 is Poisson, 2 a request and its answer.',
  ),
  tailQuantile: silence(
    'Quantile from which that tail is read',
    '',
    [0.5, 0.999],
    'Peaks over threshold (Davison and Smith 1990): the upper tenth. Own default.',
  ),
  tailSilences: silence('Fewest silences to read a tail from', '', [5, 1e6], 'Own default.'),
};

export const SEQUENCE_WORDS: Readonly<Record<keyof typeof SEQUENCE_THRESHOLDS, ThresholdWords>> = {
  unbrokenShare: numbers(
    'Share of numbers that follow each other',
    '',
    SHARE,
    'With less an export holds chosen records only, and a missing number says nothing. Own default.',
  ),
  fewestNumbers: numbers('Fewest numbers to know that', '', COUNT, 'Own default.'),
  filteredBreaks: numbers(
    'Breaks from which an export may look filtered',
    '',
    COUNT,
    'So many, narrow and evenly spread, are said together as a filter’s, not as erasure. Own default.',
  ),
  filteredWidth: numbers(
    'Numbers missing at each, on average',
    '',
    [1, 1_000],
    'With more it is stretches that are missing, and each is said. Own default.',
  ),
  filteredProbability: numbers(
    'Probability below which breaks are not evenly spread',
    '',
    PROBABILITY,
    'Kolmogorov–Smirnov against an even spread over the file. Own default.',
  ),
};
