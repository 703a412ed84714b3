import type { Rung, Standing, VerdictWord } from '../analysis/findings';

/** What the words of an answer mean, for whoever reads it without having made it: the help and every report say the same. */
export const VERDICT_MEANINGS: Readonly<Record<VerdictWord, string>> = {
  queried: 'Somebody from outside had a read carried out, or more.',
  'not queried within coverage':
    'Nobody did, and a log without gaps that could have shown it, held out of reach, covers the whole day.',
  'cannot tell': 'Everything else. What would settle it stands beside it.',
};

export const STANDING_MEANINGS: Readonly<Record<Standing, string>> = {
  quiet: 'An actor that does not fit the noise. It is ranked, with its reasons.',
  noise:
    'Many actors with one behavior. Counted in campaigns and drawn as mass; its failures are the control group.',
  known: 'Declared as ours or as benign.',
  unknown: 'Too little is known of it to say.',
};

export const RUNG_MEANINGS: Readonly<Record<Exclude<Rung, -1>, string>> = {
  0: 'A rule or the traffic shows that anyone could have called.',
  1: 'Somebody called.',
  2: 'The service took the call.',
  3: 'Both sides sent data, or a login failed.',
  4: 'A request was understood by the service.',
  5: 'A login was accepted; or the service asks for none, so that talking to it is being let in.',
  6: 'A read was carried out.',
  7: 'Data came back.',
  8: 'Much data came back: many rows or objects, or more than any known client takes.',
};

/** What shows each rung, and from what it is concluded where nothing shows it: the signs of `analysis/rung-book.ts` in words. */
export const RUNG_SIGNS: Readonly<
  Record<Exclude<Rung, -1>, { readonly seen: string; readonly inferred: string }>
> = {
  0: { seen: 'A change of the rules, or the traffic itself.', inferred: '' },
  1: { seen: 'A flow record, accepted or rejected.', inferred: '' },
  2: { seen: 'A handshake or answered packets in a flow log; a connection in a login log.', inferred: '' },
  3: { seen: 'Payload both ways in a flow log; a failed login in a login log.', inferred: '' },
  4: { seen: 'A request in the service’s log that returned nothing held there.', inferred: '' },
  5: {
    seen: 'An accepted login, or a request that was let through.',
    inferred:
      'Payload went both ways with a service that is held to need no login, or for far longer than the service waits for one.',
  },
  6: {
    seen: 'A read carried out, in the service’s log.',
    inferred: 'Such a read that falls on this day only by the clock of the host’s login log.',
  },
  7: {
    seen: 'Rows or bytes returned, in the service’s log.',
    inferred: 'What the flows sent the actor does not fit what failed attempts get.',
  },
  8: {
    seen: 'Many rows or objects returned, in the service’s log.',
    inferred: 'One session in which the service sent much and received far less.',
  },
};

export const INFERRED_MEANING =
  'Concluded from sizes or from what a service is known to ask for, not seen in a log.';
export const CEILING_MEANING = 'The highest rung that the loaded logs could have shown.';
