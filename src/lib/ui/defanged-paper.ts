import { flushSync } from 'svelte';
import { on } from 'svelte/events';
import { defangText } from '../report/defang';

/**
 * Defangs what goes to paper or into a PDF, where a reader's program makes links of addresses, and puts the page back afterwards. What is
 * drawn for paper only is drawn first.
 *
 * @param isRaw Whether indicators are wanted as they are, as when copying.
 * @returns How to leave it.
 */
export function defangOnPaper(isRaw: () => boolean): () => void {
  let changed: { readonly node: Text; readonly raw: string; readonly printed: string }[] = [];
  const restore = (): void => {
    // A text that was drawn anew meanwhile is the page's again.
    for (const { node, raw, printed } of changed) if (node.data === printed) node.data = raw;
    changed = [];
  };
  const offs = [
    on(window, 'beforeprint', () => {
      restore();
      if (isRaw()) return;
      flushSync();
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      for (let node = texts.nextNode() as Text | null; node; node = texts.nextNode() as Text | null) {
        const raw = node.data;
        const printed = defangText(raw);
        if (printed === raw) continue;
        node.data = printed;
        changed.push({ node, raw, printed });
      }
    }),
    on(window, 'afterprint', restore),
  ];
  return () => {
    restore();
    offs.forEach((off) => off());
  };
}
