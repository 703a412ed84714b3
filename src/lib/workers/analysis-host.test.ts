import { expect, it } from 'vitest';
import { AnalysisHost } from './analysis-host';
import type { AnalysisReply } from './analysis.protocol';
import { CaseKeeper } from './case-keeper';
import { countingWork } from './local-engine';

it('says so when an answer is too large to be handed over: the page would wait for it for ever', async () => {
  const reply = await new Promise<AnalysisReply>((resolve) => {
    const post = (message: AnalysisReply): void => {
      if (message.kind !== 'reply') return;
      if (message.result.ok)
        throw new DOMException('Data cannot be cloned, out of memory.', 'DataCloneError');
      resolve(message);
    };
    const host = new AnalysisHost(post, countingWork, new CaseKeeper());
    host.handle({ kind: 'call', id: 3, name: 'analyze', input: { parameters: {} } });
  });
  expect(reply).toMatchObject({
    id: 3,
    result: { ok: false, error: { what: expect.stringContaining('more than the page has memory for') } },
  });
});
