import { describe, expect, it } from 'vitest';
import { analyze } from '../../analysis/run';
import { Dictionaries } from '../../tables/dictionaries';
import { makeTables } from '../../tables/segment';
import { CELL_IDS } from '../document';
import { describeCell } from './index';

describe('a case without logs', () => {
  const findings = analyze({ tables: makeTables([]), dictionaries: new Dictionaries(), sources: [] }, {});

  it('says in every cell what that cell needs', () => {
    for (const id of CELL_IDS) {
      const { caveats } = describeCell(id, findings);
      expect(caveats.join(' '), id).toMatch(/needs|drop/i);
      expect(caveats.join(' '), id).toMatch(/log/);
    }
    expect(describeCell('answer', findings).finding.text).toMatch(/drop flow logs/i);
  });

  it('claims nothing', () => {
    expect(findings.verdicts).toEqual([]);
    expect(describeCell('integrity', findings).finding.text).toContain('cannot be tested');
  });
});
