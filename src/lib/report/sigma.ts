import { greatest } from '../base/extremes';
import { encodeUtf8 } from '../base/bytes';
import { sha256Hex } from '../base/sha256';
import { formatUtcDay } from '../base/time';
import { visibleYaml } from '../base/visible';
import type { Findings } from '../analysis/findings';

type Yaml = string | readonly string[] | { readonly [key: string]: Yaml };

/** One rule: what a file of it would be called, and its text. */
export interface SigmaRule {
  readonly name: string;
  readonly text: string;
}

/** Values of one rule: a search engine that is given thousands gives up. */
const MOST_VALUES = 100;

/** Why a rule about an address may be wrong. */
const MOVED = 'The address may have passed to somebody else';

interface Draft {
  readonly name: string;
  readonly title: string;
  readonly logsource: Readonly<Record<string, string>>;
  readonly detection: Readonly<Record<string, Yaml>>;
  readonly falsePositives: string;
}

/**
 * The watch list as drafts of Sigma rules (Sigma Rules Specification 2, github.com/SigmaHQ/sigma-specification): one a kind of indicator and log. Status `experimental`: nobody
 * has tried them. Fields are those of the specification's taxonomy and of its public rules for the same logs.
 */
export function sigmaRules(findings: Findings): SigmaRule[] {
  const { watchList } = findings.aftermath;
  const of = (kind: string): string[] =>
    watchList.filter((entry) => entry.kind === kind).map(({ indicator }) => indicator);
  const addresses = of('address');
  const keys = of('key');
  const users = of('user');
  const hasTrail = findings.sources.some(({ format }) => format === 'cloudtrail');
  const drafts = [
    ...inParts(addresses, networkRule),
    ...inParts(addresses, loginRule),
    ...inParts(hasTrail ? addresses : [], (values) => trailRule('address', 'sourceIPAddress', values, MOVED)),
    ...inParts(
      keys.filter((key) => /^(?:SHA256|MD5):/.test(key)),
      fingerprintRule,
    ),
    ...inParts(
      keys.filter((key) => /^A(?:KIA|SIA)/.test(key)),
      (values) =>
        trailRule('key', 'userIdentity.accessKeyId', values, 'The key’s owner, until it is replaced'),
    ),
    ...inParts(users, accountRule),
    ...inParts(hasTrail ? users.map((user) => `/${user}`) : [], (values) =>
      trailRule('principal', 'userIdentity.arn|endswith', values, 'The principal’s owner'),
    ),
  ];
  const date = dayOf(findings);
  return drafts.map((draft) => ({ name: `${draft.name}.yml`, text: ruleText(draft, date) }));
}

/** All rules as one file of several documents. */
export function sigmaText(findings: Findings): string {
  return sigmaRules(findings)
    .map(({ text }) => text)
    .join('---\n');
}

/** As many rules as it takes to hold all values; none without any. */
function inParts(values: readonly string[], ruleOf: (values: readonly string[]) => Draft): Draft[] {
  const parts: Draft[] = [];
  for (let from = 0; from < values.length; from += MOST_VALUES) {
    const draft = ruleOf(values.slice(from, from + MOST_VALUES));
    const number = parts.length + 1;
    parts.push(
      number === 1
        ? draft
        : { ...draft, name: `${draft.name}_${number}`, title: `${draft.title}, Part ${number}` },
    );
  }
  return parts;
}

function networkRule(addresses: readonly string[]): Draft {
  return {
    name: 'net_firewall_watch_list_address',
    title: 'Traffic With An Address Of The Watch List',
    logsource: { category: 'firewall' },
    detection: {
      selection_from: { src_ip: addresses },
      selection_to: { dst_ip: addresses },
      condition: '1 of selection_*',
    },
    falsePositives: MOVED,
  };
}

function loginRule(addresses: readonly string[]): Draft {
  return {
    name: 'lnx_sshd_watch_list_address',
    title: 'SSH Login From An Address Of The Watch List',
    logsource: { product: 'linux', service: 'sshd' },
    detection: {
      accepted: addresses.map((address) => `Accepted * from ${escaped(address)} port`),
      condition: 'accepted',
    },
    falsePositives: MOVED,
  };
}

function fingerprintRule(fingerprints: readonly string[]): Draft {
  return {
    name: 'lnx_sshd_watch_list_key',
    title: 'SSH Login With A Key Of The Watch List',
    logsource: { product: 'linux', service: 'sshd' },
    detection: { keywords: fingerprints.map(escaped), condition: 'keywords' },
    falsePositives: 'The key’s owner, until it is replaced',
  };
}

function accountRule(users: readonly string[]): Draft {
  return {
    name: 'lnx_sshd_watch_list_account',
    title: 'SSH Login To An Account Of The Watch List',
    logsource: { product: 'linux', service: 'sshd' },
    detection: {
      accepted: users.map((user) => `Accepted * for ${escaped(user)} from`),
      condition: 'accepted',
    },
    falsePositives: 'The account’s owner',
  };
}

function trailRule(what: string, field: string, values: readonly string[], falsePositives: string): Draft {
  return {
    name: `aws_cloudtrail_watch_list_${what}`,
    title: `AWS Call With ${/^[aeiou]/.test(what) ? 'An' : 'A'} ${what.charAt(0).toUpperCase()}${what.slice(1)} Of The Watch List`,
    logsource: { product: 'aws', service: 'cloudtrail' },
    detection: { selection: { [field]: values.map(escaped) }, condition: 'selection' },
    falsePositives,
  };
}

function ruleText({ name, title, logsource, detection, falsePositives }: Draft, date: string): string {
  return yamlOf({
    title,
    id: uuidOf(`${name} ${JSON.stringify(detection)}`),
    status: 'experimental',
    description: 'Drafted by Undertone from the watch list of one incident; to be reviewed before use.',
    author: 'Undertone',
    date,
    logsource,
    detection,
    falsepositives: [falsePositives],
    level: 'high',
  });
}

/** The last day of the evidence: the same findings give the same rules. */
function dayOf({ sources }: Findings): string {
  const last = greatest(sources.map(({ lastUs }) => lastUs).filter(Number.isFinite));
  return formatUtcDay(Number.isFinite(last) ? last : 0);
}

/** Sigma's wildcards and its escape, taken as they stand. */
function escaped(value: string): string {
  return value.replace(/[\\*?]/g, '\\$&');
}

/** A UUID (RFC 9562, version 8: of one's own making) that follows from what the rule looks for. */
function uuidOf(text: string): string {
  const hex = sha256Hex(encodeUtf8(text));
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Block style with four spaces, as the specification asks. Every text is double-quoted, so that none of a log can be more than a text. */
function yamlOf(value: { readonly [key: string]: Yaml }, indent = ''): string {
  let text = '';
  for (const [key, part] of Object.entries(value)) {
    if (typeof part === 'string') text += `${indent}${key}: ${scalarOf(part)}\n`;
    else if (isList(part))
      text += `${indent}${key}:\n${part.map((item) => `${indent}    - ${scalarOf(item)}\n`).join('')}`;
    else text += `${indent}${key}:\n${yamlOf(part, `${indent}    `)}`;
  }
  return text;
}

function isList(value: Yaml): value is readonly string[] {
  return Array.isArray(value);
}

/** JSON's texts are YAML's double-quoted ones but for what YAML calls unprintable or a line break; those and what a reader would not see are escaped. */
function scalarOf(text: string): string {
  return visibleYaml(JSON.stringify(text)).replace(
    /[\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16)}`,
  );
}
