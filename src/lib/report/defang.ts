import { defang, parseAddress } from '../base/addresses';

const CANDIDATE =
  /(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9a-f]{0,4}:){2,7}(?:[0-9a-f]{0,4}|\d{1,3}(?:\.\d{1,3}){3}))(?![\w:]|\.\d)/gi;
/** What mail programs and GitHub's Markdown (github.github.com/gfm, "Autolinks") make links of without being asked. */
const LINK = /\b(?:(?:https?|ftp):\/\/|www\.)[^\s"'<>]+/gi;

/** The same of a mail address, and of `xmpp:` and `mailto:` before one. A backslash would not help: the links are made of the text as it is shown. */
const MAIL_SIGN = /(?<=[\p{L}\p{N}._+-])@(?=[\p{L}\p{N}_-]+\.[\p{L}\p{N}])/gu;

/** Defangs every address, mail address and link in running text; times (`10:20:30`) and versions (`1.2.3`) are left alone. */
export function defangText(text: string): string {
  return text
    .replace(MAIL_SIGN, '[@]')
    .replace(LINK, (link) => defang(link))
    .replace(CANDIDATE, (candidate) => (parseAddress(candidate) ? defang(candidate) : candidate));
}
