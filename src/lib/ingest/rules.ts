import type { SourceId } from '../base/brand';
import type { SourceRuleLike } from './raw-source';

/** `*` stands for any run of characters, `?` for one; nothing else is special. Case counts. */
export function matchesGlob(glob: string, text: string): boolean {
  // Greedy with one point of return: linear in practice, and no pattern can make it exponential as a regular expression could be.
  let g = 0;
  let t = 0;
  let starAt = -1;
  let resumeAt = 0;
  while (t < text.length) {
    if (g < glob.length && glob[g] === '*') {
      starAt = g;
      resumeAt = t;
      g += 1;
    } else if (g < glob.length && (glob[g] === '?' || glob[g] === text[t])) {
      g += 1;
      t += 1;
    } else if (starAt !== -1) {
      g = starAt + 1;
      resumeAt += 1;
      t = resumeAt;
    } else return false;
  }
  while (glob[g] === '*') g += 1;
  return g === glob.length;
}

/** Whether a rule's glob means this source: its whole name, or the part behind the last slash. */
export function matchesName(glob: string, name: string): boolean {
  return matchesGlob(glob, name) || matchesGlob(glob, name.slice(name.lastIndexOf('/') + 1));
}

/** All that the rules say about a source; later rules overrule earlier ones, key by key. */
export function ruleFor(
  rules: readonly SourceRuleLike[],
  name: string,
  id?: SourceId,
): Omit<SourceRuleLike, 'name' | 'id'> {
  let merged: Omit<SourceRuleLike, 'name' | 'id'> = {};
  for (const { name: glob, id: ruleId, ...said } of rules) {
    if (ruleId !== undefined ? ruleId !== id : !matchesName(glob, name)) continue;
    const set = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
    merged = { ...merged, ...set };
  }
  return merged;
}

/** `ruleFor` over many sources: rules for single sources by their ids may be as many as these. */
export function ruleBook(
  rules: readonly SourceRuleLike[],
): (name: string, id: SourceId) => ReturnType<typeof ruleFor> {
  const named: Numbered[] = [];
  const byId = new Map<SourceId, Numbered[]>();
  rules.forEach((rule, at) => {
    const list = rule.id === undefined ? named : (byId.get(rule.id) ?? []);
    list.push({ rule, at });
    if (rule.id !== undefined) byId.set(rule.id, list);
  });
  return (name, id) => {
    const meant = [...named, ...(byId.get(id) ?? [])].sort((a, b) => a.at - b.at);
    return ruleFor(
      meant.map(({ rule }) => rule),
      name,
      id,
    );
  };
}

/** A rule and its place among all of them. */
interface Numbered {
  readonly rule: SourceRuleLike;
  readonly at: number;
}
