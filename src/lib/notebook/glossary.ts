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

export const INFERRED_MEANING =
  'Concluded from sizes or from what a service is known to ask for, not seen in a log.';
export const CEILING_MEANING = 'The highest rung that the loaded logs could have shown.';
