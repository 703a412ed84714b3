import { parseAddress } from '../base/addresses';
import { CHANGE_KIND, CHANGE_OUTCOME } from '../tables/schemas';
import type { AssetIndex } from './context';
import type { Evidence } from './evidence';

/** Addresses in a change's text that name the machine which got the group. */
const ADDRESS = /\b\d{1,3}(?:\.\d{1,3}){3}\b/g;

/** Assets that each group of rules is known to hold, and the groups that also hold machines which no evidence ties to an asset. */
export interface GroupMembers {
  readonly known: ReadonlyMap<string, ReadonlySet<number>>;
  readonly hasUntied: ReadonlySet<string>;
}

/**
 * Members of each security group: those the control plane attached it to (by interface, instance or private address), and those that
 * the case gives the group's id as an alias, which then is the whole list.
 */
export function groupMembers(evidence: Evidence, assets: AssetIndex): GroupMembers {
  const members = new Map<string, Set<number>>();
  const untied = new Set<string>();
  const add = (group: string, asset: number): void => {
    const known = members.get(group);
    if (known) known.add(asset);
    else members.set(group, new Set([asset]));
  };
  assets.aliases.forEach((aliases, asset) => {
    for (const alias of [assets.names[asset], ...aliases]) if (alias.startsWith('sg-')) add(alias, asset);
  });
  const given = new Set(members.keys());
  const assetOfText = new Map<string, number>();
  const { addresses, strings } = evidence.dictionaries;
  for (let id = 1; id < assets.byAddress.length; id++)
    if (assets.byAddress[id] !== 0) assetOfText.set(addresses.words(id).join(','), assets.byAddress[id] - 1);
  for (const { length, columns: c } of evidence.tables.changes.segments) {
    for (let i = 0; i < length; i++) {
      if (c.kind[i] !== CHANGE_KIND.groupAttached || c.outcome[i] === CHANGE_OUTCOME.failure) continue;
      const group = strings.text(c.target[i]);
      const held = [assets.byString[c.host[i]] - 1];
      for (const [text] of strings.text(c.detail[i]).matchAll(ADDRESS)) {
        held.push(assetOfText.get(parseAddress(text)?.join(',') ?? '') ?? -1);
      }
      const tied = held.filter((asset) => asset >= 0);
      for (const asset of tied) add(group, asset);
      if (tied.length === 0 && !given.has(group)) untied.add(group);
    }
  }
  return { known: members, hasUntied: untied };
}
