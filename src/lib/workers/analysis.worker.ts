/// <reference lib="webworker" />
import { AnalysisHost } from './analysis-host';
import type { AnalysisRequest } from './analysis.protocol';
import { makeAnalysisWork } from './analysis-work';
import { CaseKeeper } from './case-keeper';

const scope = self as unknown as DedicatedWorkerGlobalScope;
const host = new AnalysisHost((reply) => scope.postMessage(reply), makeAnalysisWork(), new CaseKeeper());
scope.onmessage = (event: MessageEvent<AnalysisRequest>) => host.handle(event.data);
