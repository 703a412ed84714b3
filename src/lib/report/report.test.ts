import { marked } from 'marked';
import { describe, expect, it } from 'vitest';
import { emptyFindings, someActor, someAnswer, someSource } from '../../../tests/support/findings';
import { DEFAULT_THRESHOLDS } from '../analysis/parameters';
import type { Micros } from '../base/brand';
import { newDocument } from '../notebook/document';
import { actorsCsv, csvCell, rowsCsv, verdictsCsv } from './csv';
import { defangText } from './defang';
import { escapeHtml, renderHtml } from './html';
import { escapeMarkdown, renderMarkdown } from './markdown';
import { buildReport, collectQueries, type ReceiptFacts, type ReportModel, placeText } from './model';

const HOSTILE = '<img src=x onerror=alert(1)>](http://evil.example/) =cmd()';

function report(changes = {}): ReportModel {
  const rows = { table: 'queries' as const, actor: '198.51.100.7' };
  const findings = emptyFindings({
    sources: [someSource('vpc.log')],
    answers: [
      someAnswer({
        verdict: 'queried',
        rung: 7,
        actors: ['198.51.100.7'],
        why: [{ text: 'It read.', rows: [rows] }],
        days: { queried: 2, 'not queried within coverage': 0, 'cannot tell': 1 },
      }),
    ],
    actors: [someActor('198.51.100.7', { standing: 'quiet', quietRank: 1, services: [HOSTILE] })],
    ...changes,
  });
  const document = {
    ...newDocument(`Case ${HOSTILE}`),
    cellNotes: { quiet: '**ours** <b onclick=x>b</b> [l](https://ours.example/)' },
  };
  const receipts: ReceiptFacts[] = collectQueries(findings, document).map((query) => ({
    query,
    count: 57,
    sources: [{ name: 'vpc.log', sha256: 'ab'.repeat(32), count: 57 }],
    first: [{ source: 'vpc.log', line: 120, offset: 13422 }],
  }));
  return buildReport({
    findings,
    document,
    receipts,
    version: '1.2.3',
    generatedUs: 1_425_945_600_000_000 as Micros,
  });
}

describe('what sources leave to be inferred', () => {
  it('is said once in a report, for all of which the same is to be said', () => {
    const inferred = ['Its clock names no zone; UTC is assumed.'];
    const sources = ['auth.log', 'secure'].map((name) => someSource(name, { inferred }));
    const said = sources.map(({ name }) => `${name}: ${inferred[0]}`);
    const model = report({ sources, inferred: [...said, 'Own networks: guessed.'] });
    for (const text of [renderMarkdown(model), renderHtml(model)]) {
      expect(text.match(/auth\.log and secure: Its clock names no zone; UTC is assumed\./g)).toHaveLength(1);
      expect(text.match(/names no zone/g)).toHaveLength(1);
      expect(text.match(/Own networks: guessed/g)).toHaveLength(1);
    }
  });
});

describe('a text that begins like a list', () => {
  it('is shown in Markdown as it stands', () => {
    for (const text of ['1. 203.0.113.7 read', '- read', '+ read', '2) read', '= read', '.5 of them'])
      expect(marked.parse(escapeMarkdown(text), { async: false })).toBe(
        `<p>${text.replace('203.0.113.7', '203[.]0[.]113[.]7')}</p>\n`,
      );
  });
});

describe('the tables of a report', () => {
  it('mark a rung that is inferred, and say in words that none was reached', () => {
    const answers = [
      someAnswer({ verdict: 'queried', rung: 8, inferred: true, ceiling: 6 }),
      someAnswer({ rung: -1, ceiling: -1 }),
    ];
    const actors = [someActor('198.51.100.7', { quietRank: 1, rung: 8, rungInferred: true })];
    const model = report({ answers, actors });
    expect(renderMarkdown(model)).toContain('| queried | rung 8, bulk (inferred) | rung 6, queried |');
    expect(renderMarkdown(model)).toContain('| cannot tell | no rung | no rung |');
    expect(renderHtml(model).match(/<td>rung 8, bulk \(inferred\)<\/td>/g)).toHaveLength(2);
  });
});

describe('sizes', () => {
  it('are unknown, not none, where only login logs tell of an actor', () => {
    const totals = { ...emptyFindings().totals, logins: 9 };
    const model = report({ totals });
    expect(renderMarkdown(model)).toMatch(/\| quiet \| rung 1.*\| unknown \|/);
    expect(renderHtml(model)).toContain('<td>unknown</td>');
    expect(renderMarkdown(report({ totals: { ...totals, flows: 9 } }))).toMatch(
      /\| quiet \| rung 1.*\| 0 B \|/,
    );
  });
});

describe('the answer in short', () => {
  it('stands under the first sentence of every report, with receipts, defanged', () => {
    const model = report();
    const markdown = renderMarkdown(model);
    const html = renderHtml(model);
    expect(markdown).toMatch(/- \*\*Who\*\*: 198\\\[\.\\\]51.* \\\[R1\\\]\n/);
    expect(markdown).toMatch(/1\. Say whether this actor is yours.*\n {3}- 198\\\[\.\\\]51/);
    expect(html).toMatch(/<th scope="row">How sure<\/th><td>A log shows the read itself on log-3 9200\/tcp/);
    expect(html).toMatch(/What to do next<\/h3><ol><li>Say whether/);
    expect(html.indexOf('What to do next')).toBeLessThan(html.indexOf('<ul>'));
  });
});

describe('a long report', () => {
  const campaigns = Array.from({ length: 15 }, (_, i) => ({
    id: `c${i}`,
    actors: ['203.0.113.9', '203.0.113.10'],
    fingerprint: `rhythm ${i}`,
    users: [],
    ports: [22],
    events: 10,
    firstUs: 0 as Micros,
    lastUs: 1 as Micros,
  }));

  it('names the first campaigns where they are told of, and the others in an appendix', () => {
    const model = report({ campaigns });
    for (const text of [renderMarkdown(model), renderHtml(model)]) {
      const at = (words: string) => text.indexOf(words);
      expect(at('rhythm 9')).toBeGreaterThan(0);
      expect(at('rhythm 9')).toBeLessThan(at('Appendix'));
      expect(at('rhythm 14')).toBeGreaterThan(at('Appendix'));
      expect(text).toContain('5 more lines stand in the appendix.');
    }
    expect(renderMarkdown(report())).not.toContain('Appendix');
  });

  it('has its parameters as a table, the changed ones first', () => {
    const [name = '', standard = 0] = Object.entries(DEFAULT_THRESHOLDS).at(-1) ?? [];
    const thresholds = { ...DEFAULT_THRESHOLDS, [name]: standard + 1 };
    const rows = renderMarkdown(report({ thresholds })).split('## Parameters')[1]?.split('\n') ?? [];
    expect(rows[4]).toContain(`| ${name} | ${standard + 1}`);
  });
});

describe('defangText', () => {
  it('breaks addresses and links, and leaves times and versions alone', () => {
    expect(defangText('from 198.51.100.7 at 10:20:30, version 1.2.3')).toBe(
      'from 198[.]51[.]100[.]7 at 10:20:30, version 1.2.3',
    );
    expect(defangText('2001:db8::7 and http://a.example/x')).toBe(
      '2001[:]db8[:][:]7 and hxxp://a[.]example/x',
    );
    expect(defangText('ftp://a.example/x or www.a.example/x')).toBe(
      'fxp://a[.]example/x or www[.]a[.]example/x',
    );
    expect(defangText('to eve@mail.example.com, x@y and @z, mailto:a.b@c.de')).toBe(
      'to eve[@]mail.example.com, x@y and @z, mailto:a.b[@]c.de',
    );
    expect(defangText('2026-02-20T10:20:30Z 999.1.1.1')).toBe('2026-02-20T10:20:30Z 999.1.1.1');
  });
});

describe('the place of a row', () => {
  it('is a row number, and no offset, where the file has no place in bytes for it', () => {
    expect(placeText({ source: 'flow.parquet', line: 7, offset: null }, ', ')).toBe('row 7');
    expect(placeText({ source: 'vpc.log', line: 7, offset: 90 }, ', ')).toBe('line 7, offset 90');
  });
});

describe('csv', () => {
  it('makes cells harmless that a spreadsheet would run', () => {
    for (const formula of ['=1+1', '+1', '-1+1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '＝1']) {
      expect(csvCell(formula).replace(/^"/, ''), JSON.stringify(formula)).toMatch(/^'/);
    }
    expect(csvCell('plain')).toBe('plain');
    expect(csvCell('a,"b"')).toBe('"a,""b"""');
    expect(csvCell(-5)).toBe('-5');
    expect(csvCell(Number.NaN)).toBe('');
  });

  it('has one line an actor and one a verdict, with indicators defanged', () => {
    const lines = actorsCsv(report().findings).split('\r\n');
    expect(lines).toHaveLength(3);
    expect(lines[1]).toContain('198[.]51[.]100[.]7,quiet');
    expect(verdictsCsv(emptyFindings()).split('\r\n')).toHaveLength(2);
  });

  it('has rows of all tables below each other: when, what, where it stands, then what any of them says', () => {
    const place = { source: 'a.log', line: 7, offset: 90 };
    const lines = rowsCsv([
      {
        us: 1_425_291_600_000_000,
        what: 'read http://198.51.100.7/x',
        table: 'queries',
        ...place,
        cells: { timeUs: '1425291600000000', object: '=1+1', status: '200', agent: '' },
      },
      {
        us: 1_425_291_601_000_000,
        what: 'flow',
        table: 'flows',
        ...place,
        offset: null,
        cells: { startUs: '1425291601000000', endUs: '1425291602000000', srcAddr: '198.51.100.7' },
      },
    ]).split('\r\n');
    expect(lines.map((line) => line.replace('\ufeff', ''))).toEqual([
      'time (UTC),what,table,source,line,byte offset,object,status,end (UTC),srcAddr',
      `2015-03-02T10:20:00Z,read hxxp://198[.]51[.]100[.]7/x,queries,a.log,7,90,"'=1+1",200,,`,
      '2015-03-02T10:20:01Z,flow,flows,a.log,7,,,,2015-03-02T10:20:02Z,198[.]51[.]100[.]7',
      '',
    ]);
  });

  it('begins with the mark by which Excel knows UTF-8, once', () => {
    for (const text of [actorsCsv(report().findings), verdictsCsv(emptyFindings())]) {
      expect([...new TextEncoder().encode(text).subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
      expect(text.lastIndexOf('\ufeff')).toBe(0);
    }
  });

  it('cuts what no cell of a spreadsheet can hold between two words, and says how much is missing', () => {
    const most = 'x'.repeat(32_767);
    expect(csvCell(most)).toBe(most);
    const addresses = Array.from({ length: 3_000 }, (_, i) => `203[.]0[.]113[.]${i}`);
    const whole = addresses.join(' ');
    const cell = csvCell(whole);
    expect(cell.length).toBeLessThanOrEqual(32_767);
    const [, kept = '', missing] = /^"(.*) \[cut: (\d+) of \d+ characters/.exec(cell) ?? [];
    expect(addresses.slice(0, kept.split(' ').length)).toEqual(kept.split(' '));
    expect(kept.length + Number(missing)).toBe(whole.length);
    // Halves of a pair of code units would be written as a question mark.
    for (const text of ['😀'.repeat(20_000), `x${'😀'.repeat(20_000)}`])
      expect(csvCell(text)).not.toMatch(/[\ud800-\udfff]/u);
  });
});

describe('the report', () => {
  it('numbers the receipts and gives every sentence one', () => {
    const model = report();
    expect(model.receipts.map((receipt) => receipt.number)).toEqual([1, 2]);
    for (const section of model.sections) {
      expect(section.finding.receipts.length, section.title).toBeGreaterThan(0);
      for (const detail of section.details) expect(detail.receipts.length, detail.text).toBeGreaterThan(0);
    }
    expect(renderMarkdown(model)).toMatch(/198\\\[\.\\\]51.*was queried|was queried.*\\\[R1\\\]/);
  });

  it('ends with sources, hashes, parameters and version', () => {
    for (const text of [renderMarkdown(report()), renderHtml(report())]) {
      expect(text).toContain('ab'.repeat(32));
      expect(text).toContain('1.2.3');
      expect(text).toContain('noiseScore');
      expect(text).toContain('offset 13422');
    }
  });

  it('carries the marking at both ends, and in HTML on every printed sheet', () => {
    expect(renderMarkdown(report()).match(/TLP:AMBER/g)).toHaveLength(2);
    expect(renderHtml(report()).match(/>TLP:AMBER</g)).toHaveLength(2);
    expect(renderHtml(report())).toContain('@top-right{content:"TLP:AMBER"');
  });

  it('is one HTML file without script, outside reference or markup from a log', () => {
    const html = renderHtml(report());
    expect(html).not.toMatch(/<script|<img|<link|<iframe|javascript:/i);
    expect(html).not.toMatch(/<[^>]*\b(src|href)\s*=\s*["']?(?!["'#])/i);
    expect(html).not.toMatch(/<[^>]*\bonerror\s*=/i);
    expect(escapeHtml(HOSTILE)).not.toMatch(/[<>]/);
  });

  it('lets no log text become Markdown markup or a live link', () => {
    const markdown = renderMarkdown(report());
    expect(markdown).not.toMatch(/(?<!\\)<img/);
    expect(markdown).not.toContain('](http://evil');
    expect(markdown).not.toMatch(/[^x]http:\/\/evil/);
  });

  it('lets no mail address become a link, as Markdown makes one of each', () => {
    const names = ['eve@evil.example', 'xmpp:eve@evil.example', 'eve\\@evil.example'];
    const model = report({ actors: names.map((name) => someActor(name, { quietRank: 1 })) });
    const linked = [...String(marked.parse(renderMarkdown(model))).matchAll(/href="([^"]*)"/g)];
    expect(linked.map(([, target]) => target).filter((target) => !target?.includes('ours.example'))).toEqual(
      [],
    );
  });

  it('drafts what customers can be told, from the verdicts and with their receipts', () => {
    for (const text of [renderMarkdown(report()), renderHtml(report())]) {
      const draft = text.slice(
        text.indexOf('What customers can be told'),
        text.indexOf('Verdicts', text.indexOf('customers')),
      );
      expect(draft).toMatch(/an unauthorized party read data\./);
      expect(draft).toMatch(/R1\b/);
      expect(draft).not.toMatch(/198\D+51\D+100/);
    }
  });

  it('lets no log text turn a line around or speak to a terminal', () => {
    const actor = someActor('adm\u202enimda\u001b[2J', { standing: 'quiet', quietRank: 1 });
    const model = report({ actors: [actor] });
    for (const text of [renderMarkdown(model), renderHtml(model), actorsCsv(model.findings)]) {
      expect(text).toMatch(/adm\\+u202enimda/);
      for (const unseen of ['\u202e', '\u001b']) expect(text).not.toContain(unseen);
    }
  });

  it('writes out what shows nothing in a note and in the parameters of the case', () => {
    const model = report({ parameters: { ...emptyFindings().parameters, name: 'gpj\u202eexe' } });
    const sections = model.sections.map((part) => ({ ...part, note: '**a\u202eb** `c\u200bd`' }));
    expect(renderHtml({ ...model, sections })).toContain('a\\u202eb');
    for (const unseen of ['\u202e', '\u200b'])
      expect(renderHtml({ ...model, sections })).not.toContain(unseen);
    const markdown = renderMarkdown(model);
    expect(markdown).not.toContain('\u202e');
    const given = /```json\n([\s\S]*?)\n```/.exec(markdown)?.[1] ?? '';
    expect(JSON.parse(given)).toMatchObject({ name: 'gpj\u202eexe' });
  });

  it('keeps the analyst’s notes with their cell', () => {
    expect(renderMarkdown(report())).toContain('**ours**');
    expect(renderHtml(report())).toContain('<strong>ours</strong>');
  });
});
