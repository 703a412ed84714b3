import type {
  CLOCK_THRESHOLDS,
  CONNECTION_THRESHOLDS,
  IDENTITY_THRESHOLDS,
  OWN_THRESHOLDS,
  SERVICE_LOG_THRESHOLDS,
} from '../../analysis/thresholds';
import { advanced, COUNT, SHARE, type ThresholdWords } from './words';

const own = advanced('evidence', 'Which addresses are ours');
const clocks = advanced('evidence', 'Clocks of logs');
const connections = advanced('evidence', 'Lines of one connection');
const serviceLogs = advanced('evidence', 'Whose service a log is of');
const identity = advanced('evidence', 'Who stands behind an address');

export const OWN_WORDS: Readonly<Record<keyof typeof OWN_THRESHOLDS, ThresholdWords>> = {
  ownSensorShare: own(
    'Share of an interface’s records that name its own address',
    '',
    SHARE,
    'An address in so many of the records of one sensor is held to be the sensor’s. Networks that the case names decide alone. Own default.',
  ),
  ownFewestRecords: own(
    'Records from which an address can be held to be ours',
    '',
    COUNT,
    'In a handful of records either side stands in all of them. Own default.',
  ),
  ownHubShare: own(
    'Share of records that hubs together explain',
    '',
    SHARE,
    'Where no address is private, the few that stand in so many of the records are held to be ours. Own default.',
  ),
  ownHubPeers: own(
    'Peers that a hub has',
    '',
    COUNT,
    'Two hosts that talk to each other alone tell nothing about whose they are. Own default.',
  ),
};

export const IDENTITY_WORDS: Readonly<Record<keyof typeof IDENTITY_THRESHOLDS, ThresholdWords>> = {
  sharedAddressShare: identity(
    'Share of a log’s rows from one address that is no identity',
    '',
    [0.5, 1],
    'A proxy, a NAT or a cloud service stands before its callers: then the principal is the actor. Own default.',
  ),
  sharedAddressPrincipals: identity(
    'Principals that stand behind such an address',
    '',
    COUNT,
    'Fewer may be one person with two accounts. Own default.',
  ),
};

export const CLOCK_WORDS: Readonly<Record<keyof typeof CLOCK_THRESHOLDS, ThresholdWords>> = {
  clockWidestHours: clocks(
    'Furthest that a log’s clock is looked for',
    'h',
    [0.01, 1_000],
    'Logs written in another zone are off by hours, up to a day and a bit. Own default.',
  ),
  clockFewestMatches: clocks(
    'Lines that must agree on an offset',
    '',
    COUNT,
    'They must also be five times what chance would put there. Own default.',
  ),
  clockNearSeconds: clocks(
    'Offset that fewer lines may show',
    's',
    [0, 86_400],
    'A clock that seems right needs less to be believed than one that seems wrong. Own default.',
  ),
  clockDriftMatches: clocks(
    'Lines from which a drift is fitted',
    '',
    [3, 1e6],
    'Over at least a day, by the median of pairwise slopes (Theil 1950, Sen 1968). Own default.',
  ),
};

export const CONNECTION_WORDS: Readonly<Record<keyof typeof CONNECTION_THRESHOLDS, ThresholdWords>> = {
  connectionGapHours: connections(
    'Longest between two lines of a connection that has not logged in',
    'h',
    [0.01, 1_000],
    'Lines of one client address and port that are further apart are two connections: ports are used again. Own default.',
  ),
  openSessionHours: connections(
    'Longest between two lines of a session that is logged in',
    'h',
    [0.01, 10_000],
    'A session may be silent for most of a day before its end is logged. One whose end is not logged is held to be over by then, when something is ascribed to who was in as an account. Own default.',
  ),
};

export const SERVICE_LOG_WORDS: Readonly<Record<keyof typeof SERVICE_LOG_THRESHOLDS, ThresholdWords>> = {
  serviceLogBusy: serviceLogs(
    'Sessions around a row that say nothing of the clock',
    '',
    COUNT,
    'Some session of a client that has more of them fits any offset. Own default.',
  ),
  serviceLogShare: serviceLogs(
    'Share of rows that fall into a session with the service',
    '',
    SHARE,
    'Of rows without a client port; with less, and fewer of the sessions with a row as well, the log is not taken for that service’s. Own default.',
  ),
  serviceLogFewest: serviceLogs(
    'Rows that speak for one service alone',
    '',
    COUNT,
    'Against each other service that clients of the log called too. Own default.',
  ),
  serviceLogAhead: serviceLogs(
    'Times as many rows as speak for another',
    '',
    [1, 1_000],
    'Nearer than that the log is taken for no service’s. Own default.',
  ),
};
