import { CONN_STATE, UNKNOWN_FLAGS } from '../tables/schemas';
import type { Format, ParseContext, RecordParser } from './format';
import { protocolOf, tcpFlagsOf } from './shared/enumerations';
import { FlowWriter } from './shared/flow-writer';
import { textAt } from './shared/json';
import { JsonReader } from './shared/json-reader';
import { wantedAt } from './shared/json-wanted';
import { firstText } from './shared/json-fields';
import { NOT_JSON } from './shared/reject-reasons';
import { jsonKeys } from './shared/sniff-json';

const WANTED = wantedAt(
  ...['type', 'first', 'last', 'src4_addr', 'src6_addr', 'dst4_addr', 'dst6_addr', 'src_port', 'dst_port'],
  ...['icmp_type', 'icmp_code', 'proto', 'tcp_flags', 'in_bytes', 'in_packets', 'out_bytes', 'out_packets'],
  ...['ip4_router', 'ip6_router'],
);

/** `nfdump -o json` and `-o ndjson`: one direction a record, times in the zone of the machine that printed them. */
export const nfdumpJson: Format = {
  id: 'nfdump-json',
  label: 'nfdump output (JSON)',
  framing: 'json',
  splittable: true,
  heldOffAsset: true,
  tables: ['flows'],
  sniff(head) {
    const has = jsonKeys(head);
    if (!has || !has('first') || !has('last')) return 0;
    return (has('src4_addr') || has('src6_addr')) && has('in_packets') ? 0.98 : 0;
  },
  parser({ sink }: ParseContext): RecordParser {
    const flow = new FlowWriter(sink);
    const objects = new JsonReader(WANTED);
    return {
      objects,
      record(bytes, start, end, offset, line) {
        const object = objects.read(bytes, start, end);
        if (!object) {
          sink.reject(NOT_JSON, bytes, start, end, line);
          return;
        }
        const type = textAt(object, 'type');
        if (type !== '' && type !== 'FLOW' && type !== 'EVENT') {
          sink.skip(`nfdump ${type.toLowerCase()}`);
          return;
        }
        const { row } = flow;
        flow.times(textAt(object, 'first'), textAt(object, 'last'));
        flow.ends(firstText(object, 'src4_addr', 'src6_addr'), firstText(object, 'dst4_addr', 'dst6_addr'));
        const isIcmp = object['icmp_type'] !== undefined;
        flow.ports(object[isIcmp ? 'icmp_type' : 'src_port'], object[isIcmp ? 'icmp_code' : 'dst_port']);
        row.protocol = protocolOf(textAt(object, 'proto'));
        row.tcpFlags = row.protocol === 6 ? tcpFlagsOf(textAt(object, 'tcp_flags')) : UNKNOWN_FLAGS;
        row.connState = CONN_STATE.unknown;
        row.srcBytes = flow.bytes(object['in_bytes']);
        row.srcPackets = flow.packets(object['in_packets']);
        row.dstBytes = flow.bytes(object['out_bytes']);
        row.dstPackets = flow.packets(object['out_packets']);
        row.sensor = flow.ids.string(firstText(object, 'ip4_router', 'ip6_router'));
        const reason = flow.commit(offset, line);
        if (reason !== null) sink.reject(reason, bytes, start, end, line);
      },
    };
  },
};
