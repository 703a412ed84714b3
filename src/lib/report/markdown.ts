import { DEFAULT_THRESHOLDS } from '../analysis/parameters';
import { formatUtc } from '../base/time';
import { formatBytes, formatCount } from '../base/units';
import { knownBytes } from '../notebook/known-bytes';
import { minuteUtc, rungWords } from '../notebook/sentences/index';
import { THRESHOLD_WORDS } from '../notebook/thresholds';
import { defangText } from './defang';
import {
  describeQuery,
  GLOSSARY,
  placeText,
  WORDING_NOTE,
  type ReportModel,
  type ReportSection,
  type ReportSentence,
} from './model';
import { visibleJson, visibleText } from '../base/visible';

/** Text that may come from a log, harmless in Markdown: no markup, no link, no table break, one line. */
export function escapeMarkdown(text: string): string {
  return defangText(visibleText(text))
    .replace(/[\r\n\u2028\u2029]+/g, ' ')
    .replace(/[\\`*_{}[\]<>#|~&!]/g, (mark) => `\\${mark}`)
    .replace(/^(\s*\d*)([-+=.)])/, '$1\\$2');
}

function code(text: string): string {
  return `\`${text.replace(/[`\r\n]/g, ' ')}\``;
}

function refs(numbers: readonly number[]): string {
  const shown = numbers.slice(0, 8).map((number) => `R${number}`);
  if (numbers.length > 8) shown.push('…');
  return numbers.length === 0 ? '' : ` \\[${shown.join(', ')}\\]`;
}

function sentence(item: ReportSentence): string {
  return `${escapeMarkdown(item.text)}${refs(item.receipts)}`;
}

/** The answer in short, under its first sentence. */
function summary(model: ReportModel): string[] {
  const next = model.next.flatMap((item, index) => [
    `${index + 1}. ${sentence(item)}`,
    ...(item.about === '' ? [] : [`   - ${escapeMarkdown(item.about)}`]),
  ]);
  return [
    ...model.summary.map((item) => `- **${item.label}**: ${sentence(item)}`),
    ...(model.summary.length > 0 ? [''] : []),
    ...(next.length > 0 ? ['What to do next:', '', ...next, ''] : []),
  ];
}

function section(part: ReportSection, number: number, below: readonly string[]): string[] {
  if (part.id === 'note') return [part.note, ''];
  const lines = [
    part.id === 'answer' ? '## The answer' : `## ${number} ${escapeMarkdown(part.title)}`,
    '',
    sentence(part.finding),
    '',
    ...below,
  ];
  for (const detail of part.details) lines.push(`- ${sentence(detail)}`);
  if (part.details.length > 0) lines.push('');
  for (const caveat of part.caveats) lines.push(`> ${escapeMarkdown(caveat)}`, '');
  if (part.note.trim() !== '') lines.push('Analyst’s note:', '', part.note, '');
  return lines;
}

/** The report as Markdown. Everything from a log is escaped and defanged; the analyst's own notes are passed through. */
export function renderMarkdown(model: ReportModel): string {
  const lines = [
    `**TLP:${model.tlp}**`,
    '',
    `# ${escapeMarkdown(model.title)}`,
    '',
    `Made ${minuteUtc(model.generatedUs)} with Undertone ${model.version}. All times are UTC unless they say otherwise. Numbers in brackets are receipts, listed at the end; R0 is the whole analysis with the parameters there. Words such as queried, rung and inferred are explained under Words, the last heading.`,
    '',
  ];
  let number = 0;
  for (const part of model.sections) {
    if (part.id !== 'answer' && part.id !== 'note') number += 1;
    lines.push(...section(part, number, part.id === 'answer' ? summary(model) : []));
  }
  lines.push(
    ...wording(model),
    ...verdictTable(model),
    ...actorTable(model),
    ...marks(model),
    ...sources(model),
    ...appendix(model),
    ...parameters(model),
    ...receipts(model),
    ...words(),
  );
  lines.push(`**TLP:${model.tlp}**`, '');
  return lines.join('\n');
}

/** Sentence by sentence, so that each keeps its receipts until somebody sends it on. */
function wording(model: ReportModel): string[] {
  return [
    '## What customers can be told (draft)',
    '',
    WORDING_NOTE,
    '',
    ...model.wording.flatMap((item) => [`> ${sentence(item)}`, '>']),
    '',
  ];
}

function verdictTable(model: ReportModel): string[] {
  if (model.findings.answers.length === 0) return [];
  return [
    '## Verdicts',
    '',
    '| asset | service | verdict | highest rung | ceiling | what would settle it |',
    '| --- | --- | --- | --- | --- | --- |',
    ...model.findings.answers.map(
      (answer) =>
        `| ${escapeMarkdown(answer.asset)} | ${escapeMarkdown(answer.service)} | ${answer.verdict} | ${rungWords(answer.rung, answer.inferred)} | ${rungWords(answer.ceiling)} | ${escapeMarkdown(answer.missing.join(' ')) || '—'} |`,
    ),
    '',
  ];
}

function actorTable(model: ReportModel): string[] {
  if (model.actors.length === 0) return [];
  return [
    '## Actors worth a person’s time',
    '',
    '| actor | standing | rung | first seen | last seen | sent to it | services |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...model.actors
      .slice(0, 100)
      .map(
        (actor) =>
          `| ${escapeMarkdown(actor.actor)} | ${actor.standing}${actor.succeeded ? ', succeeded' : ''} | ${rungWords(actor.rung, actor.rungInferred)} | ${minuteUtc(actor.firstUs)} | ${minuteUtc(actor.lastUs)} | ${formatBytes(knownBytes(actor.bytesToActor, model.findings))} | ${escapeMarkdown(actor.services.slice(0, 6).join(', '))} |`,
      ),
    '',
  ];
}

function marks(model: ReportModel): string[] {
  if (model.marks.length === 0) return [];
  return [
    '## Marked by the analyst',
    '',
    ...model.marks.map(
      (mark) =>
        `- ${escapeMarkdown(mark.subject)}${mark.isPinned ? ' (pinned)' : ''}${mark.tags.length > 0 ? ` \\[${escapeMarkdown(mark.tags.join(', '))}\\]` : ''}${mark.note ? `: ${escapeMarkdown(mark.note)}` : ''}`,
    ),
    '',
  ];
}

function sources(model: ReportModel): string[] {
  return [
    '## Sources',
    '',
    '| source | bytes | SHA-256 | format | records | rejected | zone | first | last |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...model.findings.sources.map(
      (source) =>
        `| ${escapeMarkdown(source.name)} | ${formatCount(source.sizeBytes)} | ${code(source.sha256)} | ${escapeMarkdown(source.formatLabel)} | ${formatCount(source.records)} | ${formatCount(source.rejected)} | ${escapeMarkdown(source.zone)} | ${formatUtc(source.firstUs)} | ${formatUtc(source.lastUs)} |`,
    ),
    '',
  ];
}

/** What sections have more of than a reader wants on the way through. */
function appendix({ sections }: ReportModel): string[] {
  const long = sections.filter(({ more }) => more.length > 0);
  if (long.length === 0) return [];
  return [
    '## Appendix',
    '',
    ...long.flatMap(({ title, more }) => [
      `### ${escapeMarkdown(title)}`,
      '',
      ...more.map((detail) => `- ${sentence(detail)}`),
      '',
    ]),
  ];
}

function parameters(model: ReportModel): string[] {
  const rows = Object.entries(model.findings.thresholds).map(([name, value]) => {
    const standard = DEFAULT_THRESHOLDS[name as keyof typeof DEFAULT_THRESHOLDS];
    const { label, unit } = THRESHOLD_WORDS[name as keyof typeof THRESHOLD_WORDS];
    const used = `${value} ${unit}`.trimEnd();
    return {
      isChanged: value !== standard,
      text: `| ${escapeMarkdown(label)} | ${name} | ${escapeMarkdown(used)} | ${standard} |`,
    };
  });
  return [
    '## Parameters',
    '',
    '| parameter | name | value | default |',
    '| --- | --- | --- | --- |',
    ...rows.toSorted((a, b) => Number(b.isChanged) - Number(a.isChanged)).map(({ text }) => text),
    '',
    'Given for this case:',
    '',
    '```json',
    defangText(visibleJson(JSON.stringify(model.findings.parameters, null, 2))).replaceAll('```', "'''"),
    '```',
    '',
  ];
}

function words(): string[] {
  return ['## Words', '', ...GLOSSARY.map(({ word, meaning }) => `- **${word}**: ${meaning}`), ''];
}

function receipts(model: ReportModel): string[] {
  return [
    '## Receipts',
    '',
    '- R0: all sources above, with the parameters above.',
    ...model.receipts.map(({ number, query, facts }) => {
      const question = escapeMarkdown(describeQuery(query, minuteUtc, model.findings.sources));
      if (!facts) return `- R${number}: ${question}`;
      const first = facts.first
        .slice(0, 3)
        .map((place) => `${escapeMarkdown(place.source)} ${placeText(place, ' ')}`)
        .join('; ');
      const hashes = facts.sources.map((source) => code(source.sha256.slice(0, 16))).join(', ');
      return `- R${number}: ${question}: ${formatCount(facts.count)} rows; ${first}${hashes ? `; SHA-256 ${hashes}…` : ''}`;
    }),
    '',
  ];
}
