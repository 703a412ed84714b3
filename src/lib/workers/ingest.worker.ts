/// <reference lib="webworker" />
import accessLog from 'kernel:access-log';
import jsonFields from 'kernel:json-fields';
import sshd from 'kernel:sshd';
import vpcFlow from 'kernel:vpc-flow';
import zeekConn from 'kernel:zeek-conn';
import { provideKernel } from '../formats/shared/kernels';
import { IngestHost } from './ingest-host';
import type { IngestRequest } from './ingest.protocol';

provideKernel('access-log', accessLog);
provideKernel('vpc-flow', vpcFlow);
provideKernel('zeek-conn', zeekConn);
provideKernel('sshd', sshd);
provideKernel('json-fields', jsonFields);
const scope = self as unknown as DedicatedWorkerGlobalScope;
const host = new IngestHost((reply) => scope.postMessage(reply));
scope.onmessage = (event: MessageEvent<IngestRequest>) => host.handle(event.data);
