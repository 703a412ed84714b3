import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { requestOf, resourceKindOf, WANTED_OF_RESOURCE, WANTED_OF_TABLES } from './shared/azure-resource';
import { firstText, timeOf } from './shared/json-fields';
import { JsonReader } from './shared/json-reader';
import { wantedAt } from './shared/json-wanted';
import { NOT_JSON, noTime } from './shared/reject-reasons';
import { RowWriter } from './shared/row-writer';
import { headRecords } from './shared/sniff-json';

/** Resource logs of Azure Storage and Key Vault, as diagnostic settings deliver them and as Log Analytics exports them. */
class AzureResourceParser implements RecordParser {
  readonly objects = new JsonReader({
    ...WANTED_OF_TABLES,
    ...WANTED_OF_RESOURCE,
    ...wantedAt('time', 'TimeGenerated'),
  });
  readonly #sink: RecordSink;
  readonly #rows: RowWriter;

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#rows = new RowWriter(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const record = this.objects.read(bytes, start, end);
    if (!record) {
      this.#sink.reject(NOT_JSON, bytes, start, end, line);
      return;
    }
    const kind = resourceKindOf(record);
    if (!kind) {
      const category = firstText(record, 'category', 'Category').slice(0, 40);
      this.#sink.skip(category === '' ? 'record of another log' : `${category} event`);
      return;
    }
    const time = timeOf(firstText(record, 'time', 'TimeGenerated'));
    const request = requestOf(record, kind);
    if (Number.isNaN(time.us) || !request) {
      const reason = request
        ? noTime('time or TimeGenerated', '2024-03-10T12:00:00.1234567Z')
        : 'there is no operationName, so it is not known what was asked for';
      this.#sink.reject(reason, bytes, start, end, line);
      return;
    }
    this.#rows.at(time.us, time.basis, offset, line);
    this.#rows.query(request);
  }
}

/** Where other logs of the platform stand beside, the activity log's format reads both. */
function sniffResource(head: Head): number {
  if (!/"(?:Storage(?:Read|Write|Delete)|AuditEvent|Storage\w+Logs|AZKVAuditLogs)"/.test(head.text)) return 0;
  const records = headRecords(head);
  return records.length > 0 && records.every((record) => resourceKindOf(record) !== undefined) ? 0.96 : 0;
}

export const azureResource: Format = {
  id: 'azure-resource',
  label: 'Azure Storage or Key Vault resource log',
  framing: 'json',
  splittable: true,
  heldOffAsset: true,
  tables: ['queries'],
  sniff: sniffResource,
  parser: (context) => new AzureResourceParser(context),
};
