import type { Thresholds } from '../analysis/parameters';
import type { CellId } from './document';

/** A parameter as the page shows it beside what it decides. */
export interface ThresholdWords {
  readonly label: string;
  /** Printed after the number; empty for a bare number. */
  readonly unit: string;
  /** What it decides, and the source of its default where it has one. */
  readonly help: string;
  readonly cell: CellId;
  readonly lowest: number;
  readonly highest: number;
}

const MANY = 1e12;

export const THRESHOLD_WORDS: Readonly<Record<keyof Thresholds, ThresholdWords>> = {
  aggregationSeconds: {
    label: 'Aggregation interval of the flow export',
    unit: 's',
    help: 'Flow records of one conversation that lie closer than this are one session. 0 estimates it from the lengths of the records.',
    cell: 'evidence',
    lowest: 0,
    highest: 86_400,
  },
  trwTheta0: {
    label: 'First contacts of a benign actor that succeed',
    unit: '',
    help: 'Threshold Random Walk, θ0 (Jung, Paxson, Berger, Balakrishnan 2004).',
    cell: 'noise',
    lowest: 0.01,
    highest: 0.99,
  },
  trwTheta1: {
    label: 'First contacts of a scanner that succeed',
    unit: '',
    help: 'Threshold Random Walk, θ1. Must be below θ0.',
    cell: 'noise',
    lowest: 0.01,
    highest: 0.99,
  },
  trwUpper: {
    label: 'Likelihood ratio that makes a scanner',
    unit: '',
    help: 'Threshold Random Walk, upper limit: 99 stands for one false alarm in a hundred and one miss in a hundred.',
    cell: 'noise',
    lowest: 2,
    highest: MANY,
  },
  guessFailures: {
    label: 'Failed logins that make a guesser',
    unit: '',
    help: 'Within the window below. Zeek’s detect-bruteforcing uses 30 in 30 minutes.',
    cell: 'noise',
    lowest: 2,
    highest: MANY,
  },
  guessWindowMinutes: {
    label: 'Window for failed logins',
    unit: 'min',
    help: 'The stretch in which the failures above are counted.',
    cell: 'noise',
    lowest: 1,
    highest: 10_080,
  },
  sharedNameActors: {
    label: 'Actors that make a user name common',
    unit: '',
    help: 'A user name that at least this many unrelated actors tried belongs to the dictionary that bots share.',
    cell: 'noise',
    lowest: 2,
    highest: 10_000,
  },
  probes: {
    label: 'Fruitless requests that make a prober',
    unit: '',
    help: 'Requests that were refused or found nothing, where they are more than those carried out. CrowdSec’s http-probing uses 10.',
    cell: 'noise',
    lowest: 1,
    highest: MANY,
  },
  weakSpots: {
    label: 'Known weak spots asked for in vain that make a scanner',
    unit: '',
    help: 'Paths that scanners look for. CrowdSec’s http-admin-interface-probing uses 3.',
    cell: 'noise',
    lowest: 1,
    highest: MANY,
  },
  noiseScore: {
    label: 'Score that makes an actor noise',
    unit: 'log-odds',
    help: 'The sum of an actor’s signs of automation at which it counts as noise.',
    cell: 'noise',
    lowest: 0,
    highest: 100,
  },
  quietScore: {
    label: 'Score that makes an actor quiet',
    unit: '',
    help: 'The sum of the signs of a targeted access at which an actor that is not noise and not known is listed.',
    cell: 'quiet',
    lowest: 0,
    highest: 100,
  },
  controlSessions: {
    label: 'Fewest noise actors in a control group',
    unit: '',
    help: 'With fewer actors that failed on a service there is no distribution to hold a suspect against, and no p-value is given.',
    cell: 'quiet',
    lowest: 10,
    highest: 100_000,
  },
  falseDiscovery: {
    label: 'False-discovery rate',
    unit: '',
    help: 'Benjamini–Hochberg over all sessions: the share of false alarms among those that are marked.',
    cell: 'quiet',
    lowest: 0.000_1,
    highest: 0.5,
  },
  guessThenSuccess: {
    label: 'Failures before a success',
    unit: '',
    help: 'So many failures and then a success of the same actor is success after guessing (Timesketch: 20).',
    cell: 'quiet',
    lowest: 1,
    highest: 100_000,
  },
  guessThenSuccessSeconds: {
    label: 'How far those failures may lie back',
    unit: 's',
    help: 'Timesketch: 3,600 s.',
    cell: 'quiet',
    lowest: 1,
    highest: 31_536_000,
  },
  longSessionSeconds: {
    label: 'Session after the guess that is someone at work',
    unit: 's',
    help: 'A session at least this long after a guessed login adds to its score. Timesketch: 300 s.',
    cell: 'quiet',
    lowest: 1,
    highest: 31_536_000,
  },
  robustZ: {
    label: 'Robust z that makes a volume rare',
    unit: '',
    help: '0.6745 · (x − median) / MAD, by hour of the week (Iglewicz and Hoaglin 1993: 3.5).',
    cell: 'quiet',
    lowest: 1,
    highest: 100,
  },
  decoyShifts: {
    label: 'Shifts in the decoy test',
    unit: '',
    help: 'How often the quiet sessions are moved in time to learn what chance looks like.',
    cell: 'decoy',
    lowest: 100,
    highest: 100_000,
  },
  seed: {
    label: 'Seed',
    unit: '',
    help: 'The same seed gives the same figures on every machine.',
    cell: 'decoy',
    lowest: 0,
    highest: 4_294_967_295,
  },
  bulkBytes: {
    label: 'Bytes to one actor that are bulk',
    unit: 'B',
    help: 'Rung 8 needs at least this much, and more than 99.9 % of the known clients’ sessions.',
    cell: 'ladder',
    lowest: 1,
    highest: 1e15,
  },
  bulkRatio: {
    label: 'Producer–consumer ratio of bulk',
    unit: '',
    help: '(bytes out − bytes in) / (bytes out + bytes in) of the asset: 1 only sends, −1 only receives.',
    cell: 'ladder',
    lowest: -1,
    highest: 1,
  },
  bulkRows: {
    label: 'Rows to one actor that are bulk',
    unit: '',
    help: 'Rung 8 where a log counts the rows that were returned and no bytes.',
    cell: 'ladder',
    lowest: 1,
    highest: 1e12,
  },
  bulkReads: {
    label: 'Reads by one actor that are bulk',
    unit: '',
    help: 'Rung 8 where a log tells each read that returned something, and neither rows nor bytes.',
    cell: 'ladder',
    lowest: 1,
    highest: 1e9,
  },
  gapProbability: {
    label: 'Probability below which a silence is a gap',
    unit: '',
    help: 'Corrected for the number of intervals looked at.',
    cell: 'integrity',
    lowest: 1e-9,
    highest: 0.5,
  },
  contradictionProbability: {
    label: 'Probability below which missing lines are a contradiction',
    unit: '',
    help: 'Binomial, against the share of sessions that have a login line in clean hours; corrected.',
    cell: 'integrity',
    lowest: 1e-9,
    highest: 0.5,
  },
  beaconScore: {
    label: 'Score that makes a beacon',
    unit: '',
    help: 'RITA’s score over sessions, 0 to 1.',
    cell: 'aftermath',
    lowest: 0,
    highest: 1,
  },
};

/** The parameters that a cell shows, in the order in which they act. */
export function thresholdsOf(cell: CellId): readonly (keyof Thresholds)[] {
  return (Object.keys(THRESHOLD_WORDS) as (keyof Thresholds)[]).filter(
    (name) => THRESHOLD_WORDS[name].cell === cell,
  );
}

/** A number as typed, if the parameter can take it; else the sentence that says why not. */
export function readThreshold(name: keyof Thresholds, typed: string): number | string {
  const { lowest, highest } = THRESHOLD_WORDS[name];
  const value = Number(typed.replace(/[,_\s]/g, ''));
  if (typed.trim() === '' || !Number.isFinite(value)) return 'Enter a number.';
  if (value < lowest || value > highest) return `Enter a number from ${lowest} to ${highest}.`;
  return value;
}
