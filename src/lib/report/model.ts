import { RUNGS, type ActorFinding, type Findings, type Statement } from '../analysis/findings';
import type { RowQuery, SourceInfo } from '../analysis/evidence';
import { draftWording } from '../analysis/wording';
import type { Micros } from '../base/brand';
import { plural } from '../base/units';
import type { CellId, NotebookDocument } from '../notebook/document';
import {
  CEILING_MEANING,
  INFERRED_MEANING,
  RUNG_MEANINGS,
  STANDING_MEANINGS,
  VERDICT_MEANINGS,
} from '../notebook/glossary';
import { describeCell, listWords } from '../notebook/sentences/index';
import { summarize } from '../notebook/summary';
import { sentenceInZone } from '../notebook/times';

/** Where a row is: its line and offset, or its number in a file that has no place in bytes for a row. */
export interface ReceiptPlace {
  readonly source: string;
  readonly line: number;
  readonly offset: number | null;
}

/** What the engine says of one receipt's rows: how many, in which sources, where they begin. */
export interface ReceiptFacts {
  readonly query: RowQuery;
  readonly count: number;
  readonly sources: readonly { readonly name: string; readonly sha256: string; readonly count: number }[];
  readonly first: readonly ReceiptPlace[];
}

export interface ReportInput {
  readonly findings: Findings;
  readonly document: NotebookDocument;
  /** Facts for the queries of `collectQueries`, in any order; a query without facts is listed without a count. */
  readonly receipts: readonly ReceiptFacts[];
  readonly version: string;
  readonly generatedUs: Micros;
}

/** A sentence and the numbers of its receipts. 0 is the whole analysis: all sources with the parameters at the end. */
export interface ReportSentence {
  readonly text: string;
  readonly receipts: readonly number[];
}

export interface ReportStep extends ReportSentence {
  /** Whom or what it is about. */
  readonly about: string;
}

export interface ReportSection {
  readonly id: CellId | 'answer' | 'note' | 'query';
  readonly title: string;
  readonly finding: ReportSentence;
  readonly details: readonly ReportSentence[];
  /** The details after the first few, for the appendix. */
  readonly more: readonly ReportSentence[];
  readonly caveats: readonly string[];
  /** The analyst's Markdown. */
  readonly note: string;
}

export interface ReportReceipt {
  readonly number: number;
  readonly query: RowQuery;
  readonly facts: ReceiptFacts | null;
}

export interface ReportModel {
  readonly title: string;
  readonly tlp: string;
  readonly version: string;
  readonly generatedUs: Micros;
  /** The answer in short, said under its first sentence. */
  readonly summary: readonly (ReportSentence & { readonly label: string })[];
  readonly next: readonly ReportStep[];
  readonly sections: readonly ReportSection[];
  /** A draft for customers: of the verdicts, and no more than they say. */
  readonly wording: readonly ReportSentence[];
  readonly actors: readonly ActorFinding[];
  readonly findings: Findings;
  readonly marks: NotebookDocument['marks'];
  readonly receipts: readonly ReportReceipt[];
}

/** The words of the report, for whoever did not make it. */
export const GLOSSARY: readonly { readonly word: string; readonly meaning: string }[] = [
  ...Object.entries(VERDICT_MEANINGS).map(([word, meaning]) => ({ word, meaning })),
  ...Object.entries(STANDING_MEANINGS).map(([word, meaning]) => ({ word, meaning })),
  ...Object.entries(RUNG_MEANINGS).map(([rung, meaning]) => ({
    word: `rung ${rung}, ${RUNGS[Number(rung)]}`,
    meaning,
  })),
  { word: 'ceiling', meaning: CEILING_MEANING },
  { word: 'inferred', meaning: INFERRED_MEANING },
];

/** Said above the draft for customers, on the page and in every report. */
export const WORDING_NOTE =
  'Drafted from the verdicts: it says no more than they do, and names no machine and no actor. Somebody who knows the case must read it before it is sent.';

/** Rows of detail that a section prints; those after them stand in the appendix. */
const FEW_DETAILS = 10;
/** Most rows of detail that are printed; the rest is counted and stays in the notebook. */
const MOST_DETAILS = 40;

function keyOf(query: RowQuery): string {
  return JSON.stringify(query);
}

class ReceiptBook {
  readonly queries: RowQuery[] = [];
  readonly #numbers = new Map<string, number>();

  /** A sentence as the report prints it, its times written in one way, and the numbers of its receipts. */
  cite(statement: Statement): ReportSentence {
    return { text: sentenceInZone(statement.text, 'UTC'), receipts: this.#numbersOf(statement) };
  }

  #numbersOf(statement: Statement): number[] {
    const numbers = (statement.rows ?? []).map((query) => {
      const key = keyOf(query);
      let number = this.#numbers.get(key);
      if (number === undefined) {
        this.queries.push(query);
        number = this.queries.length;
        this.#numbers.set(key, number);
      }
      return number;
    });
    return numbers.length > 0 ? [...new Set(numbers)] : [0];
  }
}

function sectionsOf(input: Pick<ReportInput, 'findings' | 'document'>, book: ReceiptBook): ReportSection[] {
  const { findings, document } = input;
  const cell = (id: CellId | 'answer'): ReportSection => {
    const text = describeCell(id, findings);
    const details = text.details.slice(0, MOST_DETAILS).map((statement) => book.cite(statement));
    const left = text.details.length - details.length;
    const more = details.splice(FEW_DETAILS);
    return {
      id,
      title: text.question,
      finding: book.cite(text.finding),
      details,
      more,
      caveats: [
        ...(more.length > 0
          ? [`${plural(more.length, 'more line stands', 'more lines stand')} in the appendix.`]
          : []),
        ...text.caveats.map((caveat) => sentenceInZone(caveat, 'UTC')),
        ...(left > 0 ? [`${left} more lines of this kind are in the notebook.`] : []),
      ],
      note: id === 'answer' ? '' : (document.cellNotes[id] ?? ''),
    };
  };
  const sections: ReportSection[] = [cell('answer')];
  for (const block of document.blocks) {
    if (block.kind === 'cell') sections.push(cell(block.id));
    else if (block.kind === 'note') {
      sections.push({
        id: 'note',
        title: '',
        finding: { text: '', receipts: [] },
        details: [],
        more: [],
        caveats: [],
        note: block.markdown,
      });
    } else {
      const statement = { text: `Rows asked for by the analyst: ${block.title}.`, rows: [block.query] };
      sections.push({
        id: 'query',
        title: block.title,
        finding: book.cite(statement),
        details: [],
        more: [],
        caveats: [],
        note: '',
      });
    }
  }
  return sections;
}

function summaryOf(findings: Findings, book: ReceiptBook): Pick<ReportModel, 'summary' | 'next'> {
  const { lines, next } = summarize(findings);
  return {
    summary: lines.map(({ label, said }) => ({ label, ...book.cite(said) })),
    next: next.map(({ text, actors }) => ({
      ...book.cite({ text }),
      about: actors.length > 0 ? listWords(actors, MOST_DETAILS) : '',
    })),
  };
}

function wordingOf(findings: Findings, book: ReceiptBook): ReportSentence[] {
  return draftWording(findings).map((statement) => book.cite(statement));
}

/** Every row query that the report will number: ask the engine for their facts, then call `buildReport`. */
export function collectQueries(findings: Findings, document: NotebookDocument): RowQuery[] {
  const book = new ReceiptBook();
  summaryOf(findings, book);
  sectionsOf({ findings, document }, book);
  wordingOf(findings, book);
  return book.queries;
}

export function buildReport(input: ReportInput): ReportModel {
  const book = new ReceiptBook();
  const summary = summaryOf(input.findings, book);
  const sections = sectionsOf(input, book);
  const wording = wordingOf(input.findings, book);
  const facts = new Map(input.receipts.map((receipt) => [keyOf(receipt.query), receipt]));
  const pinned = new Set(input.document.marks.filter((mark) => mark.isPinned).map((mark) => mark.subject));
  return {
    title: input.document.name,
    tlp: input.document.tlp,
    version: input.version,
    generatedUs: input.generatedUs,
    ...summary,
    sections,
    wording,
    actors: input.findings.actors.filter(
      (actor) => actor.quietRank !== null || actor.succeeded || pinned.has(`actor:${actor.actor}`),
    ),
    findings: input.findings,
    marks: input.document.marks,
    receipts: book.queries.map((query, index) => ({
      number: index + 1,
      query,
      facts: facts.get(keyOf(query)) ?? null,
    })),
  };
}

/** A receipt's question in words: `flows of actor 203.0.113.9 with log-3 port 9200 …`. */
export function describeQuery(
  query: RowQuery,
  time: (us: number) => string,
  sources: readonly Pick<SourceInfo, 'id' | 'name'>[],
): string {
  const parts: string[] = [query.table];
  const source = sources.find(({ id }) => id === query.source);
  if (source) parts.push(`in ${source.name}`);
  if (query.actor !== undefined) parts.push(`of ${query.actor}`);
  if (query.actors) parts.push(`of ${query.actors.length} actors (${firstOf(query.actors)})`);
  if (query.asset !== undefined) parts.push(`with ${query.asset}`);
  if (query.assets) parts.push(`with ${plural(query.assets.length, 'asset')} (${firstOf(query.assets)})`);
  if (query.port !== undefined) parts.push(`port ${query.port}`);
  if (query.user !== undefined) parts.push(`user ${query.user}`);
  if (query.fromUs !== undefined && Number.isFinite(query.fromUs)) parts.push(`from ${time(query.fromUs)}`);
  if (query.toUs !== undefined && Number.isFinite(query.toUs)) parts.push(`before ${time(query.toUs)}`);
  if (query.text !== undefined) parts.push(`containing "${query.text}"`);
  for (const [column, values] of Object.entries(query.where ?? {}))
    parts.push(`${column} in ${values.join('/')}`);
  if (query.rows) parts.push(`${query.rows.length} chosen rows`);
  return parts.join(' ');
}

function firstOf(names: readonly string[]): string {
  return `${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`;
}

/** A place behind its source's name. */
export function placeText({ line, offset }: ReceiptPlace, between: string): string {
  return offset === null ? `row ${line}` : `line ${line}${between}offset ${offset}`;
}
