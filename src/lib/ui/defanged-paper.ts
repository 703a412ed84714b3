import { defangText } from '../report/defang';

/**
 * Defangs all text of the page, for paper or a PDF, where a reader's program makes links of addresses.
 *
 * @returns How to put it back.
 */
export function defangPage(root: Node): () => void {
  const changed: { readonly node: Text; readonly raw: string; readonly printed: string }[] = [];
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode() as Text | null; node; node = texts.nextNode() as Text | null) {
    const raw = node.data;
    const printed = defangText(raw);
    if (printed === raw) continue;
    node.data = printed;
    changed.push({ node, raw, printed });
  }
  return () => {
    // A text that was drawn anew meanwhile is the page's again.
    for (const { node, raw, printed } of changed) if (node.data === printed) node.data = raw;
  };
}
