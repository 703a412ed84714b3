import { describe, expect, it } from 'vitest';
import { parseArguments } from './arguments';
import { parseCase } from './case-file';

describe('case.json', () => {
  it('takes every key of the contract', () => {
    const parameters = {
      name: 'March',
      zone: 'Europe/Berlin',
      year: 2015,
      ownNetworks: ['10.0.0.0/8', '2001:db8::/32'],
      assets: [{ name: 'log-1', aliases: ['10.0.0.1', 'eni-1'] }],
      services: [
        { asset: 'log-1', port: 9200, proto: 'tcp', authRequired: false, tls: false, adminWithoutAuth: true },
      ],
      sources: [
        { name: '*.log', format: 'syslog', zone: 'UTC', year: 2014, asset: 'log-1', heldOffAsset: true },
      ],
      knownActors: [
        { actor: '192.0.2.1', label: 'office' },
        { cidr: '198.51.100.0/24', label: 'monitoring' },
      ],
      exposure: [
        { asset: 'log-1', port: 9200, proto: 'tcp', opened: '2015-02-20T00:00:00Z', closed: '2015-03-10' },
      ],
      thresholds: { aggregationSeconds: 0, guessFailures: 20 },
    };
    expect(parseCase(JSON.stringify(parameters))).toEqual({
      ok: true,
      value: { parameters, leftOut: [] },
    });
  });

  it('leaves out keys that nobody knows, and says so; and null', () => {
    expect(parseCase('\uFEFF{"name": "a", "colour": "red", "year": null}')).toEqual({
      ok: true,
      value: { parameters: { name: 'a' }, leftOut: ['case.colour'] },
    });
  });

  it('names a threshold that is none, and keeps the others', () => {
    const json = '{"thresholds": {"guesFailures": 5, "constructor": 1, "robustZ": 4}}';
    expect(parseCase(json)).toEqual({
      ok: true,
      value: {
        parameters: { thresholds: { robustZ: 4 } },
        leftOut: ['case.thresholds.guesFailures', 'case.thresholds.constructor'],
      },
    });
  });

  it('names a slip inside an asset, a service, a source, an actor and an exposure, by its place', () => {
    const json = JSON.stringify({
      assets: [{ name: 'a' }, { name: 'b', alias: ['10.0.0.2'] }],
      services: [{ port: 9200, authRequire: false, tls: false }],
      sources: [{ name: '*.log', timezone: 'UTC', mapping: { time: 'When' } }],
      knownActors: [{ cidr: '192.0.2.0/24', label: 'office', note: 'x' }],
      exposure: [{ asset: 'a', port: 22, open: '2015-02-20' }],
      distrust: [{ asset: 'a', after: '2015-02-20', until: '2015-02-21' }],
    });
    expect(parseCase(json)).toEqual({
      ok: true,
      value: {
        parameters: {
          assets: [{ name: 'a' }, { name: 'b' }],
          services: [{ port: 9200, tls: false }],
          sources: [{ name: '*.log', mapping: { time: 'When' } }],
          knownActors: [{ cidr: '192.0.2.0/24', label: 'office' }],
          exposure: [{ asset: 'a', port: 22 }],
          distrust: [{ asset: 'a', after: '2015-02-20' }],
        },
        leftOut: [
          'case.assets[1].alias',
          'case.services[0].authRequire',
          'case.sources[0].timezone',
          'case.knownActors[0].note',
          'case.exposure[0].open',
          'case.distrust[0].until',
        ],
      },
    });
  });

  it.each([
    ['[]', 'case must be an object'],
    ['{"zone": "Mars"}', 'case.zone must be a time zone'],
    ['{"year": "2015"}', 'case.year must be a whole number'],
    ['{"ownNetworks": ["10.0.0.0/8", "ten"]}', 'case.ownNetworks[1] must be a network'],
    ['{"assets": [{"aliases": []}]}', 'case.assets[0].name is missing'],
    ['{"services": [{"port": 70000}]}', 'case.services[0].port must be a whole number from 0 to 65535'],
    [
      '{"sources": [{"name": "*", "format": "nope"}]}',
      'case.sources[0].format must be the id of a known format',
    ],
    [
      '{"exposure": [{"asset": "a", "port": 1, "opened": "soon"}]}',
      'case.exposure[0].opened must be an ISO 8601 time',
    ],
    ['{"thresholds": {"trwTheta0": 3}}', 'case.thresholds.trwTheta0 must be a number from 0.01 to 0.99'],
    ['{"thresholds": {"guessFailures": "30"}}', 'case.thresholds.guessFailures must be a number'],
    ['{"knownActors": {}}', 'case.knownActors must be a list'],
    ['{', 'no JSON'],
  ])('refuses %s', (json, reason) => {
    const result = parseCase(json);
    expect(result.ok).toBe(false);
    expect(result.ok ? '' : result.error.what).toContain(reason);
  });
});

describe('the command line', () => {
  it('takes options before, between and after files', () => {
    const value = {
      casePath: 'c.json',
      jsonPath: 'o.json',
      paths: ['a', 'b'],
      measures: false,
      wants: undefined,
    };
    expect(parseArguments(['--case', 'c.json', 'a', '--json=o.json', 'b'])).toEqual({ ok: true, value });
    expect(parseArguments(['a', '--detectability'])).toMatchObject({ ok: true, value: { measures: true } });
    expect(parseArguments(['--', '--case'])).toMatchObject({ ok: true, value: { paths: ['--case'] } });
  });

  it.each([
    [[]],
    [['--case']],
    [['--json', '', 'a']],
    [['--verbose', 'a']],
    [['--case', 'a', '--case', 'b', 'c']],
  ])('refuses %j', (words) => {
    expect(parseArguments(words).ok).toBe(false);
  });
});
