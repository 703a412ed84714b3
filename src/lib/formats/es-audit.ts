import type { Format, Head } from './format';
import { ElasticParser } from './shared/elastic';

const JSON_AUDIT =
  /^\s*\{(?=.*"(?:@timestamp|timestamp)")(?:(?=.*"event\.action")(?=.*"(?:event\.type|origin\.address)")|(?=.*"audit_category"))|^\s*\{(?=.*"event":\s*\{[^}]*"action")(?=.*"origin":\s*\{)/;
const PLAIN_AUDIT =
  /^\[[\d-]{10}T[\d:,.]{8,}[^\]]*\] (?:\[[^\]]*\] +)?\[(?:rest|transport|ip_filter)\]\s+\[\w+\]\s/;

function sniffAudit(head: Head): number {
  let seen = 0;
  let fit = 0;
  for (const line of head.lines.slice(0, 50)) {
    if (line.trim() === '') continue;
    seen += 1;
    const start = line.slice(0, 4000);
    if (PLAIN_AUDIT.test(start) || JSON_AUDIT.test(start)) fit += 1;
  }
  return seen === 0 || fit === 0 ? 0 : 0.6 + 0.37 * (fit / seen);
}

/**
 * Elasticsearch security audit (6 plain, 7 and 8 JSON; docs: "Audit events", elastic.co) and OpenSearch security plugin audit
 * ("Audit log field reference", opensearch.org). The audit log is the one source that tells a read that was carried out from one that was asked for.
 */
export const esAudit: Format = {
  id: 'es-audit',
  label: 'Elasticsearch or OpenSearch audit log',
  framing: 'lines',
  splittable: true,
  tables: ['queries', 'logins', 'changes'],
  sniff: sniffAudit,
  parser: (context) => new ElasticParser(context),
};
