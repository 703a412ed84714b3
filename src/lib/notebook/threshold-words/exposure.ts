import { EXPOSURE_THRESHOLDS } from '../../analysis/thresholds';
import { advanced, COUNT, PROBABILITY, type ThresholdWords } from './words';

const rules = advanced('exposure', 'By changes of rules');
const traffic = advanced('exposure', 'By traffic');

export const EXPOSURE_WORDS: Readonly<Record<keyof typeof EXPOSURE_THRESHOLDS, ThresholdWords>> = {
  arrivalHours: rules(
    'How late the first outsider may come after a rule',
    'h',
    [0, 8_760],
    'Still held to have come through it, also where callers were turned away there in between. Mass scanning finds a port within hours; two days leave room for quiet ones. Own default.',
  ),
  caseApartDays: rules(
    'Days without any log that part a case in two',
    'd',
    [1, 36_500],
    'An exposure of which no log tells when it began or ended is not taken to reach over so many: one file of another year would make it years long. Own default.',
  ),
  earlyHours: rules(
    'How early the first outsider may come before a rule',
    'h',
    [0, 8_760],
    'Clocks are wrong by hours; a change that seems to come too late is flagged. Own default.',
  ),
  exposureSlackMinutes: rules(
    'Disagreement that is none',
    'min',
    [0, 1_440],
    'What aggregation and clocks explain between rules and traffic: VPC flow logs aggregate over 10 minutes by default.',
  ),
  fewRulePorts: rules(
    'Ports of a rule that is read port by port',
    '',
    COUNT,
    'A rule over more is taken for the ports that answer, and for no others. Own default.',
  ),
  sweptByStrangers: rules(
    'Strangers through a rule that would have found all it opened',
    '',
    COUNT,
    'So many who try more than one service came through it: a machine that none of them tried is not in the group, though no list of its members is loaded. With fewer, it may be. Own default.',
  ),
  supposedMembers: rules(
    'Most machines that may be in a group and are asked about',
    '',
    COUNT,
    'Where nothing loaded says which machines a rule holds. Beyond that, its members have to be named. Own default.',
  ),
  widenedByActors: rules(
    'Actors outside a rule’s window that widen it',
    '',
    COUNT,
    'Fewer are more likely let in by a rule of their own; they are flagged. Own default.',
  ),
  ephemeralActors: traffic(
    'Callers that make an ephemeral port a service',
    '',
    COUNT,
    'From port 32768 on: fewer are more likely a mistaken direction. Own default.',
  ),
  windowSessions: traffic(
    'Fewest sessions that make a window',
    '',
    COUNT,
    'As many must follow an opening, and come before a silence that is an end. Own default.',
  ),
  openingRise: traffic(
    'Rise of new actors that is an opening',
    '×',
    [1, 10_000],
    'So many times as many new actors in a given time after as before. Own default.',
  ),
  openingLogRatio: traffic(
    'Log-likelihood ratio of an opening',
    '',
    [0, 100],
    'Of two Poisson rates against one, less ln n for the n moments looked at: 5 is about 1 in 150. Own default.',
  ),
  closingSilenceProbability: traffic(
    'Probability below which a silence is an end',
    '',
    PROBABILITY,
    'At the rate of the sessions before it. Own default.',
  ),
  closingSilenceFactor: traffic(
    'How much longer than any before it must be',
    '×',
    [1, 1_000],
    'Than the longest silence within the window. Own default.',
  ),
  selectiveShare: traffic(
    'Calls turned away for each let in',
    '',
    [0, 100],
    'With more within the window it is not open to all, and who is turned away says nothing of others. Own default.',
  ),
  lateActors: traffic(
    'Actors that may get through after the closing',
    '',
    [0, 1_000],
    'By a rule of their own: the closing is told by the others. Own default.',
  ),
  turnedAwayBetween: traffic(
    'Strangers turned away before each of them',
    '',
    COUNT,
    'Fewer leave it open whether anything had closed. Own default.',
  ),
  jointChance: traffic(
    'Odds at which services opened together by chance',
    '',
    PROBABILITY,
    'Below, services whose bounds share a moment are held to have changed at once, and the bounds narrow. Own default.',
  ),
};
