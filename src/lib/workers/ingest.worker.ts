/// <reference lib="webworker" />
import vpcFlow from 'kernel:vpc-flow';
import { provideKernel } from '../formats/shared/kernels';
import { IngestHost } from './ingest-host';
import type { IngestRequest } from './ingest.protocol';

provideKernel('vpc-flow', vpcFlow);
const scope = self as unknown as DedicatedWorkerGlobalScope;
const host = new IngestHost((reply) => scope.postMessage(reply));
scope.onmessage = (event: MessageEvent<IngestRequest>) => host.handle(event.data);
