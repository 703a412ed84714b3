/// <reference lib="webworker" />
import Papa from 'papaparse';
import type { DatasetName } from '../datasets';
import { JSON_ANSWERS } from './json-answers';

/** What a competent program does without columns: text, lines, a regular expression or JSON.parse, one object a row. */
const SSHD =
  /^(\w{3}\s+\d+ \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) (\S+) sshd\[(\d+)\]: (?:(Failed password) for (?:invalid user )?(\S+)|(Invalid user) (\S+)) from (\S+) port (\d+)/;
const SLICE = 16 * 1024 * 1024;

export interface Answer {
  rows: number;
  sum: number;
  matches: number;
}

export interface BaselineRequest {
  readonly kind: 'papa' | 'lines';
  readonly name: DatasetName;
  readonly file: File;
}

function eachLine(file: Blob, take: (line: string) => void): void {
  const reader = new FileReaderSync();
  const decoder = new TextDecoder();
  let rest = '';
  for (let at = 0; at < file.size; at += SLICE) {
    const text =
      rest + decoder.decode(reader.readAsArrayBuffer(file.slice(at, at + SLICE)), { stream: true });
    const lines = text.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  }
  if (rest !== '') take(rest);
}

function lines(name: DatasetName, file: File): Answer {
  const answer: Answer = { rows: 0, sum: 0, matches: 0 };
  const kept: unknown[] = [];
  eachLine(file, (line) => {
    if (name === 'sshd' || name === 'sshd-iso' || name === 'syslog') {
      const match = SSHD.exec(line);
      if (!match) return;
      const row = {
        time: match[1],
        host: match[2],
        pid: Number(match[3]),
        failed: match[4] !== undefined,
        user: match[5] ?? match[7],
        address: match[8],
        port: Number(match[9]),
      };
      kept.push(row);
      answer.rows += 1;
      answer.sum += row.port;
      if (row.failed) answer.matches += 1;
      return;
    }
    const record = JSON.parse(line) as never;
    kept.push(record);
    const counted = JSON_ANSWERS[name]?.(record);
    if (!counted) return;
    const [size, isMatch] = counted;
    answer.rows += 1;
    answer.sum += size;
    if (isMatch) answer.matches += 1;
  });
  return answer;
}

/** Column of the size and of the text that is matched, by data set; Papa Parse gives every field as a string. */
const FIELDS: Partial<
  Record<
    DatasetName,
    { delimiter: string; size: number; match: number; value: string; comments: string | false }
  >
> = {
  vpc: { delimiter: ' ', size: 9, match: 12, value: 'ACCEPT', comments: false },
  zeek: { delimiter: '\t', size: 17, match: 11, value: 'SF', comments: '#' },
  access: { delimiter: ' ', size: 7, match: 6, value: '200', comments: false },
};

function papa(name: DatasetName, file: File): Promise<Answer> {
  const fields = FIELDS[name];
  if (!fields) throw new Error(`no Papa Parse baseline for ${name}`);
  const answer: Answer = { rows: 0, sum: 0, matches: 0 };
  return new Promise((resolve, reject) => {
    Papa.parse<string[]>(file, {
      delimiter: fields.delimiter,
      comments: fields.comments,
      skipEmptyLines: true,
      chunkSize: SLICE,
      chunk: ({ data }) => {
        for (const row of data) {
          answer.rows += 1;
          answer.sum += Number(row[fields.size]);
          if (row[fields.match] === fields.value) answer.matches += 1;
        }
      },
      complete: () => resolve(answer),
      error: reject,
    });
  });
}

self.onmessage = async (event: MessageEvent<BaselineRequest>) => {
  const { kind, name, file } = event.data;
  self.postMessage(kind === 'papa' ? await papa(name, file) : lines(name, file));
};
self.postMessage('started');
