import { encodeUtf8 } from '../base/bytes';
import { sha256Hex } from '../base/sha256';

/** A credential found in text: what kind it is and the secret itself, which never leaves this room whole. */
export interface Secret {
  readonly kind: string;
  readonly value: string;
}

interface SecretPattern {
  readonly kind: string;
  /** The first group is the secret; without a group the whole match is. */
  readonly pattern: RegExp;
}

/** Shapes that the issuers document, then names that people give to secrets in URLs and statements. The first that fits a text names it. */
const PATTERNS: readonly SecretPattern[] = [
  { kind: 'AWS access key', pattern: /\b((?:AKIA|ABIA|ACCA)[A-Z2-7]{16})\b/g },
  // Temporary: worthless once its session has ended, hours after it was issued.
  { kind: 'AWS temporary key', pattern: /\b(ASIA[A-Z2-7]{16})\b/g },
  {
    kind: 'AWS secret key',
    pattern: /aws.{0,20}?secret.{0,20}?["'=:\s]([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])/gi,
  },
  { kind: 'GitHub token', pattern: /\b(gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{22,255})\b/g },
  { kind: 'Slack token', pattern: /\b(xox[abeoprs]-[A-Za-z0-9-]{10,250})\b/g },
  { kind: 'Google API key', pattern: /\b(AIza[\w-]{35})(?![\w-])/g },
  { kind: 'Stripe key', pattern: /\b((?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,250})\b/g },
  { kind: 'SendGrid key', pattern: /\b(SG\.[\w-]{16,32}\.[\w-]{16,64})(?![\w-])/g },
  { kind: 'JSON web token', pattern: /\b(eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,})/g },
  { kind: 'private key', pattern: /-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----/g },
  { kind: 'bearer token', pattern: /\bbearer[ +:=]+([\w.~+/-]{16,}=*)/gi },
  { kind: 'password', pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@]{1,100}:([^\s:/@]{3,200})@/gi },
  {
    kind: 'password',
    pattern: /\b(?:password|passwd|passphrase|pwd)["']?\s{0,3}[=:]\s{0,3}["']?([^\s&"',;)]{3,200})/gi,
  },
  {
    kind: 'API key',
    pattern:
      /\b(?:x[-_])?(?:api|app|access|secret|private|auth)[-_]?key["']?\s{0,3}[=:]\s{0,3}["']?([^\s&"',;)]{8,300})/gi,
  },
  {
    kind: 'token',
    // Not the name of one: the ARN of a secret has the word before it ("AWS Secrets Manager", Service Authorization Reference).
    pattern:
      /\b(?<!\barn:[\w-]{1,20}:secretsmanager:[\w-]{0,30}:\d{0,12}:)(?:(?:access|auth|refresh|session|id|csrf|api)[-_]?)?(?:token|secret|sessionid|jsessionid|phpsessid)["']?\s{0,3}[=:]\s{0,3}["']?([^\s&"',;)]{8,500})/gi,
  },
];

/** Something every pattern needs: most texts have none of it and are passed over. */
const WORTH_A_LOOK =
  /AKIA|ASIA|ABIA|ACCA|secret|gh[pousr]_|github_pat|xox|AIza|[sr]k_(?:live|test)|SG\.|eyJ|PRIVATE KEY|bearer|:\/\/|pass|pwd|key|token|sessionid|sessid/i;

/** Texts that stand where a secret would: masks, placeholders, words of the language around them. */
const NOT_A_SECRET =
  /^(?:[*x•.#-]+|null|none|undefined|true|false|redacted|hidden|<[^>]*>|\$\{.*|%s|\?|\(null\)|:\w+|\$\d+)$/i;

/** Texts are cut here: a log line that is longer than this is no place for patterns that may backtrack. */
const LONGEST = 8_192;
const PER_TEXT = 16;

/** `%3D` and its like as the characters that they stand for; other bytes stay as they are written. */
function withoutEscapes(text: string): string {
  return text.includes('%')
    ? text.replace(/%([2-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    : text;
}

/** Credentials in one text, each value once. */
export function findSecrets(text: string): Secret[] {
  if (text.length < 6 || !WORTH_A_LOOK.test(text)) return [];
  const cut = withoutEscapes(text.slice(0, LONGEST));
  const found = new Map<string, Secret>();
  for (const { kind, pattern } of PATTERNS) {
    for (const match of cut.matchAll(pattern)) {
      const value = match[1] ?? match[0];
      if (NOT_A_SECRET.test(value) || [...found.keys()].some((held) => held.includes(value))) continue;
      found.set(value, { kind, value });
      if (found.size >= PER_TEXT) return [...found.values()];
    }
  }
  return [...found.values()];
}

/** What kind of key a login names: a fingerprint, or an access key by its shape. */
export function kindOfKey(text: string): string {
  if (/^(?:SHA256|MD5):/.test(text)) return 'SSH key';
  return findSecrets(text)[0]?.kind ?? 'access key';
}

/** Files whose contents are credentials, by their path in a request or statement. */
const CREDENTIAL_FILE =
  /(?:^|[/\\])(?:id_(?:rsa|dsa|ecdsa|ed25519)|\.aws\/credentials|\.env(?:\.\w+)?|\.git-credentials|\.htpasswd|\.netrc|\.npmrc|\.pypirc|\.pgpass|\.docker\/config\.json|wp-config\.php|kubeconfig|credentials\.json|secrets?\.ya?ml|shadow|[\w.-]{1,100}\.(?:pem|ppk|p12|pfx|jks|keystore))(?=$|[?#\s"'])/i;

/** The credential file that a path names, or an empty text. */
export function credentialFile(text: string): string {
  return CREDENTIAL_FILE.exec(text.slice(0, LONGEST))?.[0].replace(/^[/\\]/, '') ?? '';
}

/** Hex digits of the mark: enough to tell a case's secrets apart, far too few to find a password by trying. */
const MARK_DIGITS = 8;

/** A salt of the case: the same secret has another mark in another case. */
export function saltOf(sources: readonly { readonly sha256: string }[], seed: number): string {
  const hashes = sources.map((source) => source.sha256).sort();
  return sha256Hex(encodeUtf8(`undertone ${seed} ${hashes.join(' ')}`));
}

/** 32 bits of a salted SHA-256: tells secrets of one case apart without holding them. */
export function markOf(value: string, salt: string): string {
  return sha256Hex(encodeUtf8(`${salt}\n${value}`)).slice(0, MARK_DIGITS);
}

/** The last four characters, or fewer: never more than a quarter of the secret. */
export function hintOf(value: string): string {
  const shown = Math.min(4, Math.floor(value.length / 4));
  return shown === 0 ? '…' : `…${value.slice(-shown)}`;
}
