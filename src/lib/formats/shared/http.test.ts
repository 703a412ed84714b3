import { describe, expect, it } from 'vitest';
import { QUERY_VERB } from '../../tables/schemas';
import { verbOfRequest } from './http';

const { read, write, delete: removal, admin } = QUERY_VERB;

describe('what a request asks for', () => {
  it.each([
    // "Search APIs", "Delete by query API", "Clear scroll API": elastic.co/docs/api/doc/elasticsearch.
    ['POST', '/app-logs/_search?size=500', read],
    ['POST', '/_search/scroll', read],
    ['POST', '/app-logs/_bulk', write],
    ['POST', '/app-logs/_update_by_query', write],
    ['POST', '/app-logs-*/_delete_by_query?conflicts=proceed', removal],
    ['DELETE', '/app-logs-2015.03.02', removal],
    ['DELETE', '/_search/scroll', admin],
    // What Kibana's pages and its console send.
    ['POST', '/internal/search/ese', read],
    ['POST', '/s/ops/internal/bsearch?compress=true', read],
    ['POST', '/api/console/proxy?path=_cat%2Findices&method=GET', read],
    ['POST', '/api/console/proxy?path=app-logs&method=DELETE', removal],
    ['POST', '/api/console/proxy?method=PUT&path=app-logs', write],
    ['POST', '/api/saved_objects/_export', read],
    ['POST', '/login', write],
  ] as const)('%s %s', (method, path, verb) => {
    expect(verbOfRequest(method, path)).toBe(verb);
  });
});
