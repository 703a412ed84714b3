import type { Format, Head, ParseContext } from './format';
import { textAt, type JsonObject } from './shared/json';
import { timeOf } from './shared/json-fields';
import { JsonRecords } from './shared/json-records';
import { wantedAt } from './shared/json-wanted';
import { noTime } from './shared/reject-reasons';
import { jsonKeys } from './shared/sniff-json';
import { UnifiedRows } from './shared/unified-log';

const WANTED = wantedAt(
  'timestamp',
  'eventMessage',
  'processImagePath',
  'processID',
  'eventType',
  'finished',
);

/** What `log show --style ndjson` (or `json`) prints on macOS (log(1)). */
class MacosLogParser extends JsonRecords {
  readonly #unified: UnifiedRows;

  constructor(context: ParseContext) {
    super(context, WANTED);
    this.#unified = new UnifiedRows(context.sink);
  }

  protected override take(record: JsonObject, offset: number, line: number): string | null {
    const process = textAt(record, 'processImagePath');
    // ndjson ends with how many records there were.
    if (record['finished'] !== undefined && process === '') {
      this.sink.skip('end of the output');
      return null;
    }
    const { us, basis } = timeOf(record['timestamp']);
    if (Number.isNaN(us)) return noTime('timestamp', '2024-03-10 12:00:00.123456+0000');
    // Activities, time zone changes and the like are of no program, or say nothing.
    if (process === '' || record['eventMessage'] === undefined) {
      this.sink.skip(`${textAt(record, 'eventType').slice(0, 40) || 'event'} without a program or message`);
      return null;
    }
    const pid = Number(textAt(record, 'processID'));
    this.#unified.write({ us, basis, process, pid, message: textAt(record, 'eventMessage') }, offset, line);
    return null;
  }
}

function sniffMacosLog(head: Head): number {
  const has = jsonKeys(head);
  return has?.('eventMessage') && has('processImagePath') && has('timestamp') ? 0.97 : 0;
}

export const macosLogJson: Format = {
  id: 'macos-log-json',
  label: 'macOS unified log (log show, JSON)',
  framing: 'json',
  splittable: true,
  tables: ['logins', 'changes', 'flows', 'queries'],
  sniff: sniffMacosLog,
  parser: (context) => new MacosLogParser(context),
};
