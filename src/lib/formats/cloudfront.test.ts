import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fuzzLines } from '../../../tests/support/robust';
import { headOf, parseWith } from '../../../tests/support/parse';
import { encodeUtf8 } from '../base/bytes';
import { QUERY_VERB } from '../tables/schemas';
import { cloudfront } from './cloudfront';
import { recognizeFormat } from './registry';

const fixture = readFileSync('tests/fixtures/cloudfront/standard.log', 'utf8');

describe('a CloudFront log', () => {
  it('is recognized by its content', () => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture)))[0]?.format.id).toBe('cloudfront');
  });

  it('gives the viewer, the host asked for, and a duration in seconds', () => {
    expect(parseWith(cloudfront, fixture).rows('queries')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000,
        actorAddr: '203.0.113.7',
        actorPort: 40001,
        host: 'www.example.net',
        service: 'cloudfront',
        verb: QUERY_VERB.read,
        object: '/app.js?v=1',
        status: 200,
        bytesReturned: 20_480,
        durationUs: 250_000,
        agent: 'Mozilla/5.0 (X11)',
      },
    ]);
  });

  it('never throws and never loses a line, whatever the bytes', () => {
    fuzzLines(cloudfront, fixture);
  });
});
