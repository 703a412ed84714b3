import { defang, parseAddress } from '../base/addresses';

const CANDIDATE =
  /(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9a-f]{0,4}:){2,7}(?:[0-9a-f]{0,4}|\d{1,3}(?:\.\d{1,3}){3}))(?![\w:]|\.\d)/gi;
/** What mail programs and GitHub's Markdown (github.github.com/gfm, "Autolinks") make links of without being asked, mail addresses aside. */
const LINK = /\b(?:(?:https?|ftp):\/\/|www\.)[^\s"'<>]+/gi;

/** Defangs every address and link in running text; times (`10:20:30`) and versions (`1.2.3`) are left alone. */
export function defangText(text: string): string {
  return text
    .replace(LINK, (link) => defang(link))
    .replace(CANDIDATE, (candidate) => (parseAddress(candidate) ? defang(candidate) : candidate));
}
