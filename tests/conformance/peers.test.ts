import { describe, expect, it } from 'vitest';
import { crowdsecFiles } from './peers/crowdsec';
import { filebeatFiles } from './peers/filebeat';
import { sharedFiles } from './peers/files';
import { otherFormFiles } from './peers/own-formats';
import { plasoFiles } from './peers/plaso';
import { readOurs } from './peers/ours';
import { Report } from './peers/report';
import { windowsFiles } from './peers/windows';
import { UNRECOGNIZED } from './unrecognized';

describe('what other programs make of the same files', () => {
  const paths = sharedFiles();
  if (paths.length === 0) console.log('conformance: 0 files, the shared data is not here');

  it.skipIf(paths.length === 0)(
    'is what we make of them, but for the differences that are listed with their reasons',
    async () => {
      const report = new Report();
      const unread: string[] = [];
      const files = [
        ...filebeatFiles(paths),
        ...crowdsecFiles(paths),
        ...otherFormFiles(paths),
        ...plasoFiles(paths),
        ...windowsFiles(paths),
      ];
      for (const file of files.filter(({ records }) => records.length > 0)) {
        const ours = await readOurs(file.path);
        if (ours) report.compare(ours, file);
        else unread.push(file.path);
      }
      report.print();
      for (const difference of report.unlisted) console.log(`not listed: ${difference}`);
      expect(report.unlisted).toEqual([]);
      // Each of them has its reason in unrecognized.ts; accounting.test.ts holds the list to all files.
      expect(unread.filter((path) => !UNRECOGNIZED.some(([pattern]) => pattern.test(path)))).toEqual([]);
      expect(report.gone, 'listed, but no longer so').toEqual([]);
    },
    120_000,
  );
});
