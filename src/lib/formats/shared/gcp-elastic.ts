import { textOf, valueAt, type JsonObject } from './json';
import { objectAt } from './json-fields';
import type { Wanted } from './json-wanted';

/**
 * Where Elastic's pipelines put the parts of a Google Cloud audit entry, the first that is there. Filebeat's module keeps the payload below
 * `gcp.audit`, in snake case; the newer integration moves caller, account and service to ECS fields ("GCP fields", elastic.co/docs).
 */
const PATHS = {
  type: ['gcp.audit.type'],
  dataset: ['event.dataset', 'data_stream.dataset'],
  time: ['@timestamp'],
  logName: ['log.logger'],
  project: ['cloud.project.id'],
  method: ['gcp.audit.method_name', 'event.action'],
  service: ['gcp.audit.service_name', 'service.name'],
  resource: ['gcp.audit.resource_name'],
  items: ['gcp.audit.num_response_items'],
  caller: ['gcp.audit.request_metadata.caller_ip', 'source.ip', 'client.ip'],
  agent: ['gcp.audit.request_metadata.caller_supplied_user_agent', 'user_agent.original'],
  email: ['gcp.audit.authentication_info.principal_email', 'client.user.email', 'user.email'],
  subject: ['gcp.audit.authentication_info.principal_subject', 'client.user.id', 'user.id'],
  code: ['gcp.audit.status.code'],
} as const;

/** Flattened names one by one, nested objects whole: they may mix, in more ways than are worth listing. */
export const WANTED_OF_ELASTIC: Wanted = Object.fromEntries(
  [
    ...Object.values(PATHS).flatMap((paths) => paths.flatMap((path) => [path, path.split('.')[0] ?? path])),
    ...['gcp.audit', '_source'],
  ].map((name) => [name, true]),
);

/** The entry as Logging exports it, as far as the pipeline kept it; null when the record is no such event. */
export function entryOfElastic(record: JsonObject): JsonObject | null {
  const event = record['_source'] === undefined ? record : objectAt(record, '_source');
  const value = (name: keyof typeof PATHS): unknown =>
    PATHS[name].map((path) => valueAt(event, path)).find((each) => textOf(each) !== '');
  if (value('type') === undefined && value('dataset') !== 'gcp.audit') return null;
  return {
    timestamp: value('time'),
    logName: value('logName'),
    resource: { labels: { project_id: value('project') } },
    protoPayload: {
      methodName: value('method'),
      serviceName: value('service'),
      resourceName: value('resource'),
      numResponseItems: value('items'),
      requestMetadata: { callerIp: value('caller'), callerSuppliedUserAgent: value('agent') },
      authenticationInfo: { principalEmail: value('email'), principalSubject: value('subject') },
      status: { code: value('code') },
    },
  };
}
