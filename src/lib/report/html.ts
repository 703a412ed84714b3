import { formatUtc } from '../base/time';
import { formatBytes, formatCount } from '../base/units';
import { knownBytes } from '../notebook/known-bytes';
import { minuteUtc, rungWords } from '../notebook/sentences/index';
import { THRESHOLD_WORDS } from '../notebook/thresholds';
import { DEFAULT_THRESHOLDS } from '../analysis/parameters';
import { defangText } from './defang';
import { noteHtml } from './note-html';
import {
  describeQuery,
  GLOSSARY,
  placeText,
  WORDING_NOTE,
  type ReportModel,
  type ReportSection,
  type ReportSentence,
} from './model';
import { visibleText } from '../base/visible';

/** Text that may come from a log, as HTML text or attribute value: defanged, then every special character escaped. */
export function escapeHtml(text: string): string {
  return defangText(visibleText(text)).replace(/[&<>"'`]/g, (mark) => `&#${mark.charCodeAt(0)};`);
}

/** Sheets carry the marking and their number: a printed report is passed on a sheet at a time. */
function pageStyle(tlp: string): string {
  const marking = tlp.replace(/[^A-Z+]/g, '');
  return `@page{margin:16mm 14mm;@top-right{content:"TLP:${marking}";font:600 9pt monospace}@bottom-right{content:counter(page) " / " counter(pages);font:9pt sans-serif}}`;
}

const STYLE = `
:root{color-scheme:light dark;--ink:#16202b;--soft:#56616d;--line:#cfd6dd;--paper:#fff;--tint:#f3f5f7}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e4e9ee;--soft:#9aa7b4;--line:#37424d;--paper:#12181f;--tint:#1a222b}}
body{margin:0 auto;padding:2rem 1.25rem 4rem;max-width:60rem;font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
h1{font-size:1.6rem;line-height:1.25}h2{font-size:1.15rem;margin-top:2.2rem;border-top:1px solid var(--line);padding-top:1rem}
.tlp{font:600 13px/1 ui-monospace,monospace;letter-spacing:.04em}.finding{font-size:1.05rem;font-weight:600}
.soft,.ref{color:var(--soft)}.ref{font-size:.8em;white-space:nowrap}a{color:inherit}
li{margin:.3rem 0}aside{border-left:3px solid var(--line);padding-left:.8rem;color:var(--soft);margin:.6rem 0}
.note{background:var(--tint);padding:.6rem .9rem;margin:.8rem 0}pre{white-space:pre-wrap}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums;width:100%}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line)}
code,.mono{font-family:ui-monospace,monospace;font-size:.86em;overflow-wrap:anywhere}
h3{font-size:1rem}.short th{white-space:nowrap;padding-right:1rem}.short{font-size:1rem}.word{font-weight:600;white-space:nowrap}@media print{:root{color-scheme:light}body{max-width:none;padding:0}h2,h3{break-after:avoid}tr,li,aside{break-inside:avoid}thead{display:table-header-group}table{font-size:.8rem}.scroll{overflow:visible}}
`;

function refs(numbers: readonly number[]): string {
  if (numbers.length === 0) return '';
  const shown = numbers.slice(0, 8).map((number) => `<a href="#r${number}">R${number}</a>`);
  if (numbers.length > 8) shown.push('…');
  return ` <span class="ref">[${shown.join(', ')}]</span>`;
}

function sentence(item: ReportSentence): string {
  return escapeHtml(item.text) + refs(item.receipts);
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = header.map((text) => `<th scope="col">${text}</th>`).join('');
  const body = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('\n');
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
}

/** The answer in short, under its first sentence. */
function summary(model: ReportModel): string {
  const lines = model.summary.map(
    (item) => `<tr><th scope="row">${item.label}</th><td>${sentence(item)}</td></tr>`,
  );
  const next = model.next.map(
    (item) =>
      `<li>${sentence(item)}${item.about === '' ? '' : `<ul><li>${escapeHtml(item.about)}</li></ul>`}</li>`,
  );
  return [
    lines.length > 0 ? `<table class="short"><tbody>${lines.join('\n')}</tbody></table>` : '',
    next.length > 0 ? `<h3>What to do next</h3><ol>${next.join('\n')}</ol>` : '',
  ].join('\n');
}

function section(part: ReportSection, number: number, below: string): string {
  if (part.id === 'note') return `<div class="note">${noteHtml(part.note)}</div>`;
  const title = part.id === 'answer' ? 'The answer' : `${number} ${escapeHtml(part.title)}`;
  const details = part.details.map((detail) => `<li>${sentence(detail)}</li>`).join('\n');
  return [
    `<section><h2>${title}</h2>`,
    `<p class="finding">${sentence(part.finding)}</p>`,
    below,
    details === '' ? '' : `<ul>\n${details}\n</ul>`,
    ...part.caveats.map((caveat) => `<aside>${escapeHtml(caveat)}</aside>`),
    part.note.trim() === '' ? '' : `<div class="note"><b>Analyst’s note</b>\n${noteHtml(part.note)}</div>`,
    '</section>',
  ]
    .filter((line) => line !== '')
    .join('\n');
}

function wording(model: ReportModel): string {
  const sentences = model.wording.map((item) => `<p>${sentence(item)}</p>`).join('\n');
  return `<h2>What customers can be told (draft)</h2><p class="soft">${WORDING_NOTE}</p><blockquote>${sentences}</blockquote>`;
}

/** A verdict as a shape and a word, so that it reads without color. */
const SHAPES = { queried: '■', 'not queried within coverage': '○', 'cannot tell': '◇' } as const;

function verdicts(model: ReportModel): string {
  if (model.findings.answers.length === 0) return '';
  return `<h2>Verdicts</h2>${table(
    ['asset', 'service', 'verdict', 'highest rung', 'ceiling', 'what would settle it'],
    model.findings.answers.map((answer) => [
      escapeHtml(answer.asset),
      escapeHtml(answer.service),
      `<span class="word">${SHAPES[answer.verdict]} ${answer.verdict}</span>`,
      rungWords(answer.rung, answer.inferred),
      rungWords(answer.ceiling),
      escapeHtml(answer.missing.join(' ')),
    ]),
  )}`;
}

function actors(model: ReportModel): string {
  if (model.actors.length === 0) return '';
  return `<h2>Actors worth a person’s time</h2>${table(
    ['actor', 'standing', 'rung', 'first seen', 'last seen', 'sent to it', 'services'],
    model.actors
      .slice(0, 100)
      .map((actor) => [
        `<span class="mono">${escapeHtml(actor.actor)}</span>`,
        actor.standing + (actor.succeeded ? ', succeeded' : ''),
        rungWords(actor.rung, actor.rungInferred),
        minuteUtc(actor.firstUs),
        minuteUtc(actor.lastUs),
        formatBytes(knownBytes(actor.bytesToActor, model.findings)),
        escapeHtml(actor.services.slice(0, 6).join(', ')),
      ]),
  )}`;
}

function marks(model: ReportModel): string {
  if (model.marks.length === 0) return '';
  const items = model.marks.map(
    (mark) =>
      `<li>${escapeHtml(mark.subject)}${mark.isPinned ? ' (pinned)' : ''} ${mark.tags.map((tag) => `[${escapeHtml(tag)}]`).join(' ')} ${escapeHtml(mark.note)}</li>`,
  );
  return `<h2>Marked by the analyst</h2><ul>${items.join('\n')}</ul>`;
}

function sources(model: ReportModel): string {
  return `<h2>Sources</h2>${table(
    ['source', 'bytes', 'SHA-256', 'format', 'records', 'rejected', 'zone', 'first', 'last'],
    model.findings.sources.map((source) => [
      escapeHtml(source.name),
      formatCount(source.sizeBytes),
      `<code>${escapeHtml(source.sha256)}</code>`,
      escapeHtml(source.formatLabel),
      formatCount(source.records),
      formatCount(source.rejected),
      escapeHtml(source.zone),
      formatUtc(source.firstUs),
      formatUtc(source.lastUs),
    ]),
  )}`;
}

/** What sections have more of than a reader wants on the way through. */
function appendix({ sections }: ReportModel): string {
  const long = sections.filter(({ more }) => more.length > 0);
  if (long.length === 0) return '';
  return [
    '<h2>Appendix</h2>',
    ...long.map(
      ({ title, more }) =>
        `<h3>${escapeHtml(title)}</h3><ul>\n${more.map((detail) => `<li>${sentence(detail)}</li>`).join('\n')}\n</ul>`,
    ),
  ].join('\n');
}

function parameters(model: ReportModel): string {
  return [
    '<h2>Parameters</h2>',
    table(
      ['parameter', 'name', 'value', 'default'],
      Object.entries(model.findings.thresholds).map(([name, value]) => {
        const { label, unit } = THRESHOLD_WORDS[name as keyof typeof THRESHOLD_WORDS];
        const standard = DEFAULT_THRESHOLDS[name as keyof typeof DEFAULT_THRESHOLDS];
        const used = escapeHtml(`${value} ${unit}`);
        return [
          escapeHtml(label),
          escapeHtml(name),
          value === standard ? used : `<b>${used}</b>`,
          String(standard),
        ];
      }),
    ),
    `<pre class="note mono">${escapeHtml(JSON.stringify(model.findings.parameters, null, 2))}</pre>`,
  ].join('\n');
}

function words(): string {
  const items = GLOSSARY.map(({ word, meaning }) => `<li><b>${word}</b>: ${meaning}</li>`);
  return `<h2>Words</h2><ul>${items.join('\n')}</ul>`;
}

function receipts(model: ReportModel): string {
  const rows = model.receipts.map(({ number, query, facts }) => [
    `<span id="r${number}">R${number}</span>`,
    escapeHtml(describeQuery(query, minuteUtc, model.findings.sources)),
    facts ? formatCount(facts.count) : '',
    facts
      ? facts.first
          .slice(0, 3)
          .map((place) => `${escapeHtml(place.source)} ${placeText(place, ', ')}`)
          .join('<br>')
      : '',
    facts
      ? facts.sources.map((source) => `<code>${escapeHtml(source.sha256.slice(0, 16))}…</code>`).join('<br>')
      : '',
  ]);
  return `<h2>Receipts</h2>${table(
    ['receipt', 'rows of', 'count', 'first places', 'SHA-256 of the source'],
    [['<span id="r0">R0</span>', 'all sources above, with the parameters above', '', '', ''], ...rows],
  )}`;
}

/** One standalone file: no script, no outside reference, a content security policy that allows neither. */
export function renderHtml(model: ReportModel): string {
  let number = 0;
  const sections = model.sections.map((part) => {
    if (part.id !== 'answer' && part.id !== 'note') number += 1;
    return section(part, number, part.id === 'answer' ? summary(model) : '');
  });
  const tlp = `<p class="tlp">TLP:${escapeHtml(model.tlp)}</p>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(model.title)}</title>
<style>${STYLE}${pageStyle(model.tlp)}</style>
</head>
<body>
${tlp}
<h1>${escapeHtml(model.title)}</h1>
<p class="soft">Made ${minuteUtc(model.generatedUs)} with Undertone ${escapeHtml(model.version)}. All times are UTC unless they say otherwise. Numbers in brackets are receipts, listed at the end; R0 is the whole analysis with the parameters there. Words such as queried, rung and inferred are explained under Words, the last heading.</p>
${[...sections, wording(model), verdicts(model), actors(model), marks(model), sources(model), appendix(model), parameters(model), receipts(model), words()].filter((part) => part !== '').join('\n')}
${tlp}
</body>
</html>
`;
}
