import type { Format, Head } from './format';
import { ElasticParser } from './shared/elastic';

const JSON_SLOW = /^\s*\{.*"type":\s*"index_(?:search|indexing)_slowlog"|^\s*\{.*"elasticsearch\.slowlog\./;
const PLAIN_SLOW = /^\[[\d-]{10}T[\d:,.]{8,}[^\]]*\]\s*\[\w+\s*\]\s*\[\S*index\.(?:search|indexing)\.slowlog/;

function sniffSlowlog(head: Head): number {
  let seen = 0;
  let fit = 0;
  for (const line of head.lines.slice(0, 50)) {
    if (!/^\s*[[{]/.test(line)) continue;
    seen += 1;
    if (PLAIN_SLOW.test(line.slice(0, 1000)) || JSON_SLOW.test(line.slice(0, 8000))) fit += 1;
  }
  return seen === 0 || fit === 0 ? 0 : 0.6 + 0.38 * (fit / seen);
}

/** Search and indexing slow logs of Elasticsearch and OpenSearch: what was asked of which index and how long it took, but not by whom. */
export const esSlowlog: Format = {
  id: 'es-slowlog',
  label: 'Elasticsearch or OpenSearch slow log',
  framing: 'lines',
  splittable: true,
  tables: ['queries', 'logins', 'changes'],
  sniff: sniffSlowlog,
  parser: (context) => new ElasticParser(context),
};
