import type { Findings } from '../../analysis/findings';
import { plural } from '../../base/units';
import type { CellText } from '../sentences';
import { caveatsOf } from './caveats';
import { credentialWords, rungWords } from './words';

/** Which credentials to change, and why. Credentials appear as a kind and their last characters only. */
export function describeRotation(findings: Findings): CellText {
  const of = (advice: 'must' | 'should' | 'no evidence') =>
    findings.rotation.filter((entry) => entry.advice === advice);
  const must = of('must');
  const should = of('should');
  const rest = of('no evidence');
  const parts = [
    must.length > 0 ? `${plural(must.length, 'credential')} must be changed` : '',
    should.length > 0 ? `${plural(should.length, 'credential')} should be changed` : '',
    rest.length > 0 ? `for ${plural(rest.length, 'credential')} there is no evidence of need` : '',
  ].filter((part) => part !== '');
  const order = { must: 0, should: 1, 'no evidence': 2 };
  return {
    id: 'rotation',
    question: 'Who must change which keys?',
    finding: {
      text:
        findings.rotation.length === 0
          ? 'No credential was recognized in what is loaded. Credentials kept in the stored data itself are not visible in these logs.'
          : `${parts.join('; ')}.`,
    },
    details: [...findings.rotation]
      .sort((a, b) => order[a.advice] - order[b.advice])
      .map((entry) => ({
        text: `${entry.advice}: ${credentialWords(entry)}${entry.asset === '' ? '' : ` on ${entry.asset}`} (${entry.where}; ${rungWords(entry.rung)}): ${entry.reason}`,
        rows: entry.rows,
      })),
    caveats: caveatsOf(findings, 'rotation'),
  };
}
