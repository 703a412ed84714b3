/// <reference lib="webworker" />
import { IngestHost } from './ingest-host';
import type { IngestRequest } from './ingest.protocol';

const scope = self as unknown as DedicatedWorkerGlobalScope;
const host = new IngestHost((reply) => scope.postMessage(reply));
scope.onmessage = (event: MessageEvent<IngestRequest>) => host.handle(event.data);
