import { CAMPAIGN_THRESHOLDS, NOISE_THRESHOLDS, NOISE_WEIGHTS } from '../../analysis/thresholds';
import { MAIN_WORDS } from './main';
import { advanced, COUNT, SHARE, weighing, type ThresholdWords } from './words';

const scanning = advanced('noise', 'Scanning');
const guessing = advanced('noise', 'Guessing');
const distributed = advanced('noise', 'Guessing by many at once');
const mass = advanced('noise', 'One of many, and background');

type Main = keyof typeof MAIN_WORDS;

export const NOISE_WORDS: Readonly<Record<Exclude<keyof typeof NOISE_THRESHOLDS, Main>, ThresholdWords>> = {
  manyServices: scanning(
    'Services called that count as breadth',
    '',
    COUNT,
    'An asset’s port is one service. From here on breadth adds to the score, more with each doubling.',
  ),
  scanPorts: scanning(
    'Ports of one asset that make a port scan',
    '',
    COUNT,
    'So many without an answer within the minutes below (Zeek’s Scan::Port_Scan: 15), or more than so many at once, answered or not (CrowdSec’s iptables-scan-multi_ports: 15).',
  ),
  scanMinutes: scanning(
    'Time in which ports without an answer are called',
    'min',
    [0.1, 10_080],
    'Zeek: 5 minutes.',
  ),
  scanDrainSeconds: scanning(
    'Time in which one port drains from the scan bucket',
    's',
    [0.1, 86_400],
    'CrowdSec’s iptables-scan-multi_ports: 5 s. Where a flow export may write a start up to a minute late, nothing drains in the first minute.',
  ),
  fastBucketFailures: guessing(
    'Failed logins that overflow the fast bucket',
    '',
    COUNT,
    'A leaky bucket that holds so many overflows with one more. CrowdSec’s ssh-bf uses 5.',
  ),
  fastBucketSeconds: guessing(
    'Time in which one of them drains',
    's',
    [0.1, 86_400],
    'CrowdSec’s ssh-bf: 10 s.',
  ),
  slowBucketFailures: guessing(
    'Failed logins that overflow the slow bucket',
    '',
    COUNT,
    'CrowdSec’s ssh-slow-bf uses 10.',
  ),
  slowBucketSeconds: guessing(
    'Time in which one of them drains from the slow bucket',
    's',
    [0.1, 86_400],
    'CrowdSec’s ssh-slow-bf: 60 s.',
  ),
  manyNames: guessing(
    'User names tried that are many',
    '',
    COUNT,
    'Own default: who mistypes a name tries a few, who guesses goes through a list.',
  ),
  bannerAssets: guessing(
    'Login services on which nothing is tried',
    '',
    COUNT,
    'Assets on whose login service an actor connected and never tried a credential. Own default: one or two may be a monitor.',
  ),
  distributedLogins: distributed(
    'Logins in a window',
    '',
    [10, 100_000],
    'Failures are counted in windows of so many logins, not of time. Javed and Paxson (2013) used 100; fewer are taken where a case has few.',
  ),
  distributedFewestLogins: distributed(
    'Fewest logins in a window',
    '',
    [5, 100_000],
    'Where a case’s logins would make smaller windows, the test is not made, and that is said. Own default.',
  ),
  distributedFewestWindows: distributed(
    'Fewest windows, counted twice',
    '',
    [3, 10_000],
    'Mean and spread of the failures are learned from at least twice as many windows. Own default.',
  ),
  distributedShift: distributed(
    'Rise that is looked for, in spreads',
    '',
    [0.1, 10],
    'The CUSUM takes off half of it from each window: the usual reference value for a rise of one spread (Page 1954).',
  ),
  distributedFalseAlarms: distributed(
    'Cases without an attack that may raise an alarm',
    '',
    [0.0025, 0.5],
    'The limit is simulated for a case of this size, never fixed. One in twenty.',
  ),
  ordinaryTail: mass(
    'Top share that is not ordinary',
    '',
    SHARE,
    'Who lies in this uppermost share of any measure on a service is not called one of the crowd. Own default.',
  ),
  turnedAwaySessions: mass(
    'Sessions turned away that say something',
    '',
    COUNT,
    'Fewer may be chance. Own default.',
  ),
  turnedAwayShare: mass(
    'Share of sessions turned away that is most',
    '',
    SHARE,
    'From this share on being turned away is a sign of background noise. Own default.',
  ),
  neverExposedAssets: mass(
    'Assets never exposed that it called in vain',
    '',
    COUNT,
    'From so many on calls to assets without any exposure are a sign of background noise. Own default: nothing was ever to be had there.',
  ),
};

const weight = weighing('noise', 'What each sign of automation weighs', 'log-odds');
const OWN = 'Own default: two such signs make noise, one does not.';
const ALONE = 'Own default: enough alone, since a published rule says so.';

export const NOISE_WEIGHT_WORDS: Readonly<Record<keyof typeof NOISE_WEIGHTS, ThresholdWords>> = {
  scannerWeight: weight(
    'Scanner by the random walk, at most',
    'The walk’s own likelihood ratio counts up to this.',
  ),
  benignContactsWeight: weight('First contacts answered', 'What the walk’s other decision takes off.'),
  undecidedContactsWeight: weight(
    'Share of an undecided walk that counts',
    'What the likelihood ratio is multiplied by while the walk has decided nothing.',
  ),
  breadthWeight: weight('Breadth, at most', 'Grows with each doubling of the services called, up to this.'),
  portScanWeight: weight('Port scan', ALONE),
  guessingWeight: weight('Guessing', ALONE),
  slowGuessingWeight: weight('Slow guessing', ALONE),
  brokenOffWeight: weight('Logins broken off in quick succession', ALONE),
  onlyFailuresWeight: weight('Only failed logins, at most', 'Grows with their number, up to this.'),
  sharedNamesWeight: weight(
    'User names of the shared dictionary, at most',
    'Times the share of its names that others tried.',
  ),
  unknownNamesWeight: weight('User names that the host does not have', OWN),
  manyNamesWeight: weight('Many user names', OWN),
  bannerWeight: weight('Login services called without a login', OWN),
  distributedWeight: weight('Failed while many failed together', OWN),
  manyActorsWeight: weight(
    'One of many, at most',
    'The logarithm of how many others did the same, up to this: twenty networks suffice alone.',
  ),
  turnedAwayBeforeWeight: weight('Turned away before anything was exposed', OWN),
  neverExposedWeight: weight('Called assets that were never exposed', OWN),
  turnedAwayWeight: weight('Mostly turned away', OWN),
  neverThroughWeight: weight('Never answered at all', 'Own default: enough alone.'),
  probingWeight: weight('Fruitless requests', ALONE),
  weakSpotsWeight: weight('Known weak spots asked for', ALONE),
  gotInWeight: weight('Got in without guessing', 'Taken off: a guesser is not let in at once.'),
};

const campaigns = advanced('noise', 'Campaigns');

export const CAMPAIGN_WORDS: Readonly<Record<keyof typeof CAMPAIGN_THRESHOLDS, ThresholdWords>> = {
  campaignActors: campaigns('Fewest actors of a campaign', '', [2, 1e6], 'Own default: two may be chance.'),
  campaignNames: campaigns(
    'Fewest user names to compare actors by',
    '',
    [1, 1e6],
    'With fewer, ports and rhythm decide: one or two common names prove nothing. Own default.',
  ),
  campaignContainment: campaigns(
    'Share of the smaller set of names or ports that the larger holds',
    '',
    SHARE,
    'From here on both are one campaign: by names alone, by ports where they keep one interval as well. Own default: bots of one list stop at different places of it.',
  ),
  rhythmGaps: campaigns('Fewest intervals of a rhythm', '', [3, 10_000], 'Own default.'),
  rhythmSpread: campaigns(
    'How far from the median an interval may lie',
    '',
    SHARE,
    'Eight of ten intervals must lie within this share of it. Own default: those of a person lie anywhere.',
  ),
  rhythmFactor: campaigns(
    'Factor between two intervals that are one',
    '',
    [1, 10],
    'Actors whose ports are contained in one another’s and whose intervals differ by less are one campaign. Own default.',
  ),
  rhythmShare: campaigns(
    'Members that must keep an interval for it to be said',
    '',
    SHARE,
    'The share of a campaign’s actors. Own default.',
  ),
  sweepProbability: campaigns(
    'Largest p of a list of ports',
    '',
    SHARE,
    'Actors that called the same ports, of which so many would not by chance, are one campaign. Over all lists together. Own default.',
  ),
};
