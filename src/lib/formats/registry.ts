import { accessLog } from './access-log';
import { accessLogJson } from './access-log-json';
import { argus } from './argus';
import { auditd } from './auditd';
import { auth0 } from './auth0';
import { awsElb } from './aws-elb';
import { awsWaf } from './aws-waf';
import { azureActivity } from './azure-activity';
import { azureFlow } from './azure-flow';
import { cef } from './cef';
import { checkPoint } from './check-point';
import { bigqueryJobs } from './bigquery-jobs';
import { bigqueryJobsCsv } from './bigquery-jobs-csv';
import { ciscoAsa } from './cisco-asa';
import { azureResource } from './azure-resource';
import { clickhouse } from './clickhouse';
import { clickhouseCsv } from './clickhouse-csv';
import { cloudflare } from './cloudflare';
import { cloudfront } from './cloudfront';
import { cloudtrail } from './cloudtrail';
import { cloudtrailCsv } from './cloudtrail-csv';
import { containerLog } from './container-log';
import { csv } from './csv';
import { defender } from './defender';
import { defenderCsv } from './defender-csv';
import { duo } from './duo';
import { ecsFlow } from './ecs-flow';
import { entra } from './entra';
import { entraCsv } from './entra-csv';
import { envoy } from './envoy';
import { envoyJson } from './envoy-json';
import { esAudit } from './es-audit';
import { esSlowlog } from './es-slowlog';
import { fail2ban } from './fail2ban';
import type { Format, Head } from './format';
import { fortigate } from './fortigate';
import { gcpAudit } from './gcp-audit';
import { gcpFlow } from './gcp-flow';
import { gcpLoggingCsv } from './gcp-logging-csv';
import { gcpRequests } from './gcp-requests';
import { gcpRequestsCsv } from './gcp-requests-csv';
import { githubAudit } from './github-audit';
import { githubAuditCsv } from './github-audit-csv';
import { googleWorkspace } from './google-workspace';
import { googleWorkspaceCsv } from './google-workspace-csv';
import { haproxy } from './haproxy';
import { hayabusa } from './hayabusa';
import { hayabusaCsv } from './hayabusa-csv';
import { httpErrorLog } from './http-error-log';
import { iisW3c } from './iis-w3c';
import { juniperSrx } from './juniper-srx';
import { journaldExport } from './journald-export';
import { journaldJson } from './journald-json';
import { jsonLogLines, jsonTable } from './json-table';
import { kibanaAudit } from './kibana-audit';
import { last } from './last';
import { leef } from './leef';
import { m365Audit } from './m365-audit';
import { m365AuditCsv } from './m365-audit-csv';
import { kubernetesAudit } from './kubernetes-audit';
import { macosLog } from './macos-log';
import { macosLogJson } from './macos-log-json';
import { mikrotik } from './mikrotik';
import { minio } from './minio';
import { mongodb } from './mongodb';
import { mssqlErrorLog } from './mssql-errorlog';
import { mysqlAudit } from './mysql-audit';
import { mysqlLog } from './mysql-log';
import { mysqlSlow } from './mysql-slow';
import { netscaler } from './netscaler';
import { nfdump } from './nfdump';
import { nfdumpJson } from './nfdump-json';
import { okta } from './okta';
import { oktaCsv } from './okta-csv';
import { openvpn } from './openvpn';
import { oneLogin } from './onelogin';
import { panos } from './panos';
import { pcap } from './pcap';
import { plaso } from './plaso';
import { plasoCsv } from './plaso-csv';
import { postgresql } from './postgresql';
import { postgresqlCsv } from './postgresql-csv';
import { postgresqlJson } from './postgresql-json';
import { queryAnswer } from './query-answer';
import { redshift } from './redshift';
import { redisMonitor } from './redis-monitor';
import { s3Access } from './s3-access';
import { salesforceEvents } from './salesforce-events';
import { salesforceEventsCsv } from './salesforce-events-csv';
import { snowflake } from './snowflake';
import { snowflakeCsv } from './snowflake-csv';
import { sonicwall } from './sonicwall';
import { sophos } from './sophos';
import { squid } from './squid';
import { suricata } from './suricata';
import { syslogFile } from './syslog';
import { systemdJournal } from './systemd-journal';
import { transitGatewayFlow } from './transit-gateway-flow';
import { vault } from './vault';
import { vsftpd } from './vsftpd';
import { utmpdump } from './utmpdump';
import { vpcFlow } from './vpc-flow';
import { vpcFlowJson } from './vpc-flow-json';
import { vpcFlowParquet } from './vpc-flow-parquet';
import { watchguard } from './watchguard';
import { windowsCsv } from './windows-csv';
import { windowsEvtx } from './windows-evtx';
import { windowsFirewall } from './windows-firewall';
import { windowsJson } from './windows-json';
import { windowsXml } from './windows-xml';
import { btmp, utmp, wtmp } from './wtmp';
import { xferlog } from './xferlog';
import { zeek } from './zeek';
import { zeekJson } from './zeek-json';

/**
 * Every format, most specific first: where two are equally confident of a head, the earlier one is offered first.
 * One line a format; a format is added by its own file and its line here.
 */
export const FORMATS: readonly Format[] = [
  vpcFlow,
  vpcFlowJson,
  vpcFlowParquet,
  transitGatewayFlow,
  windowsFirewall,
  ciscoAsa,
  fortigate,
  juniperSrx,
  checkPoint,
  sonicwall,
  mikrotik,
  sophos,
  watchguard,
  netscaler,
  cef,
  leef,
  // Its rows are like PAN-OS' records (a number, a time, a word, a word in capitals), and its header tells them apart.
  snowflakeCsv,
  panos,
  gcpFlow,
  azureFlow,
  argus,
  nfdumpJson,
  nfdump,
  pcap,
  suricata,
  zeekJson,
  zeek,
  cloudtrail,
  cloudtrailCsv,
  accessLog,
  haproxy,
  squid,
  envoy,
  envoyJson,
  esAudit,
  esSlowlog,
  kibanaAudit,
  iisW3c,
  cloudfront,
  s3Access,
  minio,
  awsElb,
  awsWaf,
  cloudflare,
  postgresql,
  postgresqlCsv,
  postgresqlJson,
  mysqlLog,
  mysqlSlow,
  mysqlAudit,
  mssqlErrorLog,
  mongodb,
  clickhouse,
  clickhouseCsv,
  redshift,
  redisMonitor,
  httpErrorLog,
  auditd,
  wtmp,
  btmp,
  utmp,
  utmpdump,
  last,
  fail2ban,
  openvpn,
  vsftpd,
  xferlog,
  systemdJournal,
  journaldJson,
  journaldExport,
  windowsEvtx,
  macosLogJson,
  macosLog,
  hayabusa,
  hayabusaCsv,
  plaso,
  plasoCsv,
  windowsJson,
  windowsXml,
  windowsCsv,
  okta,
  oktaCsv,
  duo,
  auth0,
  oneLogin,
  entra,
  entraCsv,
  defender,
  defenderCsv,
  m365Audit,
  m365AuditCsv,
  azureResource,
  azureActivity,
  gcpAudit,
  gcpLoggingCsv,
  googleWorkspace,
  googleWorkspaceCsv,
  githubAudit,
  githubAuditCsv,
  gcpRequests,
  gcpRequestsCsv,
  bigqueryJobs,
  bigqueryJobsCsv,
  kubernetesAudit,
  vault,
  snowflake,
  salesforceEvents,
  salesforceEventsCsv,
  accessLogJson,
  syslogFile,
  containerLog,
  ecsFlow,
  jsonLogLines,
  queryAnswer,
  jsonTable,
  csv,
];

const byId = new Map(FORMATS.map((format) => [format.id, format]));

/** The format with this id (as stored in cases and written in case.json), or undefined. */
export function formatById(id: string): Format | undefined {
  return byId.get(id);
}

/** Whether a row's offset is a place in its source's bytes, and not its number. */
export function hasByteOffsets(formatId: string): boolean {
  return formatById(formatId)?.rowText === undefined;
}

export interface RankedFormat {
  readonly format: Format;
  /** From 0 (not listed) to 1 (certain). */
  readonly confidence: number;
}

/** The formats that the head may be of, best first; those that rule themselves out (confidence 0) are left out. */
export function recognizeFormat(head: Head): RankedFormat[] {
  return FORMATS.map((format) => ({ format, confidence: format.sniff(head) }))
    .filter(({ confidence }) => confidence > 0)
    .sort((a, b) => b.confidence - a.confidence);
}
