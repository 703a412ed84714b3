import type { Format, Head } from './format';
import { REQUEST_FIELDS, splitW3c, W3cParser } from './shared/w3c';

const METHOD = /^(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|PROPFIND|TRACE|CONNECT)$/;

function sniffW3c(head: Head): number {
  const fields = head.lines.find((line) => /^(?:\uFEFF)?#Fields:/i.test(line));
  if (fields !== undefined) {
    if (/x-edge-location/i.test(fields)) return 0;
    return REQUEST_FIELDS.test(fields) ? 0.95 : 0;
  }
  const lines = head.lines.filter((line) => line !== '' && !line.startsWith('#')).slice(0, 20);
  const fit = lines.filter((line) => {
    const values = splitW3c(line.slice(0, 4000));
    const isDated = /^\d{4}-\d\d-\d\d$/.test(values[0] ?? '') && /^\d\d:\d\d:\d\d$/.test(values[1] ?? '');
    return isDated && values.length >= 12 && values.slice(2, 9).some((value) => METHOD.test(value));
  });
  return lines.length === 0 ? 0 : 0.8 * (fit.length / lines.length);
}

export const iisW3c: Format = {
  id: 'iis-w3c',
  label: 'IIS or other W3C extended log',
  framing: 'lines',
  // A later "#Fields:" line changes the columns of all lines after it.
  splittable: false,
  tables: ['queries'],
  sniff: sniffW3c,
  parser: (context) => new W3cParser(context),
};
