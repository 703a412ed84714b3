import { accessLog } from './access-log';
import { accessLogJson } from './access-log-json';
import { auditd } from './auditd';
import { awsWaf } from './aws-waf';
import { cloudtrail } from './cloudtrail';
import { envoyJson } from './envoy-json';
import { esAudit } from './es-audit';
import type { Format } from './format';
import { gcpAudit } from './gcp-audit';
import { githubAudit } from './github-audit';
import { kubernetesAudit } from './kubernetes-audit';
import { m365Audit } from './m365-audit';
import { mongodb } from './mongodb';
import { mysqlAudit } from './mysql-audit';
import { mysqlLog } from './mysql-log';
import { okta } from './okta';
import { postgresql } from './postgresql';
import { postgresqlJson } from './postgresql-json';
import { suricata } from './suricata';
import { syslog } from './syslog';
import { transitGatewayFlow } from './transit-gateway-flow';
import { vault } from './vault';
import { vpcFlow } from './vpc-flow';
import { windowsJson } from './windows-json';
import { zeekJson } from './zeek-json';

/**
 * Logs whose lines a search's export may hold whole (Splunk's `_raw`, the `@message` of CloudWatch Logs), the surest first. Each line is read by
 * itself, so that any run of records gives the same rows.
 */
export const INNER_FORMATS: readonly Format[] = [
  cloudtrail,
  suricata,
  zeekJson,
  vpcFlow,
  accessLog,
  syslog,
  transitGatewayFlow,
  awsWaf,
  kubernetesAudit,
  mysqlAudit,
  postgresqlJson,
  mongodb,
  esAudit,
  vault,
  gcpAudit,
  okta,
  m365Audit,
  githubAudit,
  windowsJson,
  envoyJson,
  accessLogJson,
];

/** The same, with logs whose lines need those before them: for tables that are read in one piece. */
export const INNER_FORMATS_IN_ORDER: readonly Format[] = [...INNER_FORMATS, postgresql, mysqlLog, auditd];
