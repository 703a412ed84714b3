import type { IDENTITY_THRESHOLDS, OWN_THRESHOLDS } from '../../analysis/thresholds';
import { advanced, COUNT, SHARE, type ThresholdWords } from './words';

const own = advanced('evidence', 'Which addresses are ours');
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
