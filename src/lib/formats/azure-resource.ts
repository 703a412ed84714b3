import type { Format, Head } from './format';
import { requestOf, resourceKindOf, WANTED_OF_RESOURCE, WANTED_OF_TABLES } from './shared/azure-resource';
import { firstText, timeOf } from './shared/json-fields';
import type { JsonObject } from './shared/json';
import { JsonRecords } from './shared/json-records';
import { wantedAt, type Wanted } from './shared/json-wanted';
import { noTime } from './shared/reject-reasons';
import { headRecords } from './shared/sniff-json';

const WANTED: Wanted = {
  ...WANTED_OF_TABLES,
  ...WANTED_OF_RESOURCE,
  ...wantedAt('time', 'TimeGenerated'),
};

/** Resource logs of Azure Storage and Key Vault, as diagnostic settings deliver them and as Log Analytics exports them. */
class AzureResourceParser extends JsonRecords {
  protected override take(record: JsonObject, offset: number, line: number): string | null {
    const kind = resourceKindOf(record);
    if (!kind) {
      const category = firstText(record, 'category', 'Category').slice(0, 40);
      this.sink.skip(category === '' ? 'record of another log' : `${category} event`);
      return null;
    }
    const time = timeOf(firstText(record, 'time', 'TimeGenerated'));
    const request = requestOf(record, kind);
    if (!request) return 'there is no operationName, so it is not known what was asked for';
    if (Number.isNaN(time.us)) return noTime('time or TimeGenerated', '2024-03-10T12:00:00.1234567Z');
    this.rows.at(time.us, time.basis, offset, line);
    this.rows.query(request);
    return null;
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
  parser: (context) => new AzureResourceParser(context, WANTED),
};
