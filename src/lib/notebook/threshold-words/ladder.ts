import type { Thresholds } from '../../analysis/parameters';
import { BEACON_THRESHOLDS } from '../../analysis/thresholds';
import type { MAIN_WORDS } from './main';
import { advanced, COUNT, SHARE, type ThresholdWords } from './words';

const rungs = advanced('ladder', 'Rungs');

export const LADDER_WORDS = {
  knownClientSessions: rungs(
    'Fewest sessions of known clients',
    '',
    [2, 1e9],
    'From so many on what they usually take may raise the limit of bulk. Own default.',
  ),
  knownClientQuantile: rungs(
    'Quantile of the known clients’ sessions',
    '',
    [0.5, 1],
    'Bulk is more than this share of them took. Own default: 0.999.',
  ),
} as const satisfies Partial<Record<keyof Thresholds, ThresholdWords>>;

const beacon = advanced('aftermath', 'RITA’s beacon score');
const PART = 'The four weights make the score. RITA v5: a quarter each.';

export const BEACON_WORDS: Readonly<
  Record<Exclude<keyof typeof BEACON_THRESHOLDS, keyof typeof MAIN_WORDS>, ThresholdWords>
> = {
  beaconTimes: beacon('Fewest distinct times', '', [3, 10_000], 'RITA v5’s unique_connection_threshold: 4.'),
  beaconTimesWeight: beacon('Weight of the times between sessions', '×', SHARE, PART),
  beaconBytesWeight: beacon('Weight of the bytes of sessions', '×', SHARE, PART),
  beaconDurationWeight: beacon('Weight of the duration', '×', SHARE, PART),
  beaconHistogramWeight: beacon('Weight of the hourly histogram', '×', SHARE, PART),
  beaconDurationHours: beacon('Fewest hours with sessions for a duration', 'h', [1, 24], 'RITA v5: 6.'),
  beaconRunHours: beacon('Hours in a row that are a full score', 'h', [1, 24], 'RITA v5: 12.'),
  beaconModeShare: beacon(
    'Width of a mode of the histogram',
    '',
    [0.001, 1],
    'As a share of the busiest hour. RITA v5’s mode_sensitivity: 0.05.',
  ),
  beaconBimodalHours: beacon('Fewest hours for two modes', 'h', COUNT, 'RITA v5: 11.'),
  beaconOutlierHours: beacon(
    'Hours that may fit neither mode',
    'h',
    [0, 24],
    'RITA v5’s bimodal_outlier_removal: 1.',
  ),
};
