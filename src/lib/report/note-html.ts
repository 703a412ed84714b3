import { visibleText } from '../base/visible';
import { defangText } from './defang';
import { parseNote, type Inline, type NoteBlock } from '../notebook/markdown';

function escape(text: string): string {
  return defangText(visibleText(text)).replace(/[&<>"'`]/g, (mark) => `&#${mark.charCodeAt(0)};`);
}

function inline(parts: readonly Inline[]): string {
  return parts
    .map((part) => {
      switch (part.kind) {
        case 'text':
          return escape(part.text);
        case 'code':
          return `<code>${escape(part.text)}</code>`;
        case 'break':
          return '<br>';
        case 'link':
          // A report that is mailed around must not hold a live link to something of an attacker's.
          return `${inline(part.children)} (<span class="mono">${escape(part.href)}</span>)`;
        default:
          return `<${part.kind}>${inline(part.children)}</${part.kind}>`;
      }
    })
    .join('');
}

function block(part: NoteBlock): string {
  switch (part.kind) {
    case 'heading': {
      const level = Math.min(6, part.depth + 2);
      return `<h${level}>${inline(part.children)}</h${level}>`;
    }
    case 'paragraph':
      return `<p>${inline(part.children)}</p>`;
    case 'code':
      return `<pre>${escape(part.text)}</pre>`;
    case 'quote':
      return `<blockquote>${part.children.map(block).join('')}</blockquote>`;
    case 'rule':
      return '<hr>';
    case 'list': {
      const tag = part.start === null ? 'ul' : 'ol';
      const start = part.start === null || part.start === 1 ? '' : ` start="${part.start}"`;
      const items = part.items.map((item) => {
        const box = item.isChecked === null ? '' : item.isChecked ? '☑ ' : '☐ ';
        return `<li>${box}${item.children.map(block).join('')}</li>`;
      });
      return `<${tag}${start}>${items.join('')}</${tag}>`;
    }
    case 'table': {
      const row = (cells: readonly (readonly Inline[])[], tag: string) =>
        `<tr>${cells.map((cell) => `<${tag}>${inline(cell)}</${tag}>`).join('')}</tr>`;
      return `<table>${row(part.header, 'th')}${part.rows.map((cells) => row(cells, 'td')).join('')}</table>`;
    }
  }
}

/** The analyst's Markdown as HTML made of known elements only; HTML in a note stays the characters that were typed. */
export function noteHtml(markdown: string): string {
  return parseNote(markdown).map(block).join('\n');
}
