import { FailureError } from '../base/result';
import { formatUtc } from '../base/time';
import { formatCount, plural } from '../base/units';
import { formatAddress } from '../base/addresses';
import type { Format, ParseContext, RecordParser, RecordSink, SourceBytes } from './format';
import { isCapture, type CaptureTaker } from './shared/capture-layout';
import { CaptureReader, hexOf } from './shared/capture-reader';
import { JOINED, PacketConversations } from './shared/packet-conversations';
import { PACKET, PacketDecoder, PROTOCOL } from './shared/packet-decoder';

/** What records are counted as that belong to the row of another. */
const LATER = 'later packet of a conversation';
const COPY = 'packet captured twice';

/** Packets joined to conversations, of which each is a row at the place of its first packet. */
class PcapParser implements RecordParser, CaptureTaker {
  readonly #sink: RecordSink;
  readonly #reader = new CaptureReader(this);
  readonly #decoder = new PacketDecoder();
  readonly #conversations: PacketConversations;
  /** Counted here, since every packet is: in the order in which they came, whatever the pieces. */
  readonly #kinds = new Map<string, number>();
  #later = 0;
  #copies = 0;
  #tunneled = 0;
  #sensor = 0;
  #sensorName = '';

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#conversations = new PacketConversations(sink);
  }

  get records(): number {
    return this.#reader.state.records;
  }

  get isCut(): boolean {
    return this.#reader.isCut;
  }

  stream(bytes: Uint8Array, start: number, end: number, offset: number, isLast: boolean): number {
    return this.#reader.take(bytes, start, end, offset, isLast);
  }

  /** A complete file. */
  record(bytes: Uint8Array, start: number, end: number, offset: number): void {
    this.stream(bytes, start, end, offset, true);
  }

  packet(bytes: Uint8Array, start: number, end: number, offset: number): void {
    const { state } = this.#reader;
    const packet = this.#decoder;
    const found = packet.decode(bytes, start, end, state.wireBytes, state.link);
    if (found === PACKET.other) this.skip(packet.what);
    else if (found === PACKET.unreadable) this.#rejectPacket(packet.what, bytes, start, end);
    else if (Math.abs(state.us) <= Number.MAX_SAFE_INTEGER) {
      if (packet.isTunneled) this.#tunneled += 1;
      if (state.interfaceName !== this.#sensorName) this.#captureOn(state.interfaceName);
      const joined = this.#conversations.add(packet, state.us, offset, state.packets, this.#sensor);
      if (joined === JOINED.continues) this.#later += 1;
      else if (joined === JOINED.copy) this.#copies += 1;
    } else this.#rejectPacket('its time is none that a clock shows', bytes, start, end);
  }

  #captureOn(name: string): void {
    this.#sensorName = name;
    this.#sensor = this.#sink.dictionaries.strings.intern(name);
  }

  #rejectPacket(reason: string, bytes: Uint8Array, start: number, end: number): void {
    const shown = hexOf(bytes, start, end);
    this.reject(reason, shown, 0, shown.length);
  }

  skip(kind: string): void {
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1);
  }

  reject(reason: string, bytes: Uint8Array, start: number, end: number): void {
    this.#sink.reject(reason, bytes, start, end, Math.max(1, this.#reader.state.packets));
  }

  note(text: string): void {
    this.#sink.note(text);
  }

  finish(): void {
    this.#conversations.finish();
    for (const [kind, count] of this.#kinds) this.#sink.skip(kind, count);
    if (this.#later > 0) this.#sink.skip(LATER, this.#later);
    if (this.#copies > 0) {
      this.#sink.skip(COPY, this.#copies);
      this.#sink.note(
        `${plural(this.#copies, 'packet')} came twice within 10 ms, as a mirror port or several interfaces give them: counted once.`,
      );
    }
    if (this.#tunneled > 0)
      this.#sink.note(
        `${plural(this.#tunneled, 'packet')} came inside VXLAN, as mirrored traffic does: read as what was mirrored. Whoever can send to UDP port 4789 can make such packets up.`,
      );
  }
}

/** Says one packet in words: the one whose record begins at `wanted`. */
class PacketWords implements CaptureTaker {
  readonly reader = new CaptureReader(this);
  readonly #decoder = new PacketDecoder();
  readonly #wanted: number;
  text: string | undefined;

  constructor(wanted: number) {
    this.#wanted = wanted;
  }

  packet(bytes: Uint8Array, start: number, end: number, offset: number): void {
    if (offset !== this.#wanted) return;
    const { state } = this.reader;
    const packet = this.#decoder;
    if (packet.decode(bytes, start, end, state.wireBytes, state.link) !== PACKET.ip) return;
    const { protocol, words, srcPort, dstPort, flags } = packet;
    const isIcmp = protocol === PROTOCOL.icmp || protocol === PROTOCOL.icmp6;
    const end1 = endText(words, 0, isIcmp ? 0 : srcPort);
    const end2 = endText(words, 4, isIcmp ? 0 : dstPort);
    const lines = [
      `time=${formatUtc(state.us)}`,
      `packet=${PROTOCOL_NAMES[protocol] ?? `IP protocol ${protocol}`} from ${end1} to ${end2}`,
      ...(isIcmp && !packet.isLaterFragment ? [`type=${srcPort}`] : []),
      ...(flags === -1 ? [] : [`flags=${flagNames(flags)}`]),
      `size=${formatCount(packet.ipBytes)} bytes with its IP header, ${formatCount(state.wireBytes)} on the wire, ${formatCount(end - start)} captured`,
      ...(packet.isFragment ? [`fragment=${packet.isLaterFragment ? 'later' : 'first'}`] : []),
      ...(packet.isTunneled ? ['tunnel=VXLAN'] : []),
      ...(state.interfaceName === '' ? [] : [`interface=${state.interfaceName}`]),
      'row=the conversation that this packet begins in the file, with all that followed both ways',
    ];
    this.text = lines.join('\n');
  }

  skip(): void {}
  reject(): void {}
  note(): void {}
}

const PROTOCOL_NAMES: Readonly<Record<number, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 58: 'ICMPv6' };
const FLAG_NAMES = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'];

function flagNames(flags: number): string {
  return FLAG_NAMES.filter((_, bit) => (flags & (1 << bit)) !== 0).join(' ') || 'none';
}

function endText(words: Uint32Array, at: number, port: number): string {
  const address = formatAddress(words[at], words[at + 1], words[at + 2], words[at + 3]);
  if (port === 0) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Headers and interfaces stand here, in a file of one capture. */
const BEGINNING_BYTES = 1 << 18;
const RECORD_BYTES = 1 << 20;
const PIECE_BYTES = 1 << 22;

/** The packet at this offset, in words. */
async function recordText(source: SourceBytes, offset: number): Promise<string> {
  const near = new PacketWords(offset);
  near.reader.take(
    await source.read(0, Math.min(offset, BEGINNING_BYTES)),
    0,
    Math.min(offset, BEGINNING_BYTES),
    0,
    false,
  );
  const record = await source.read(offset, offset + RECORD_BYTES);
  near.reader.take(record, 0, record.length, offset, true);
  if (near.text !== undefined) return near.text;
  // Several captures in one file: only reading up to there tells by which header the packet is to be read.
  const words = new PacketWords(offset);
  for (let at = 0; at <= offset && words.text === undefined;) {
    const stop = Math.min(source.size, at + PIECE_BYTES);
    const piece = await source.read(at, stop);
    const taken = words.reader.take(piece, 0, piece.length, at, stop === source.size);
    if (taken === 0) break;
    at += taken;
  }
  if (words.text === undefined) throw new FailureError({ what: `There is no packet at byte ${offset}` });
  return words.text;
}

/**
 * Packet captures of tcpdump, Wireshark and firewalls, as flow rows: one a conversation, with both directions, as Zeek's conn.log has them. What was
 * said in it is not taken apart.
 *
 * Not `heldOffAsset`: nothing in a capture says where it was taken. Most come from the exposed host itself, where whoever took it over can stop or
 * change them; the analyst can say that one came from a firewall or a mirror port. Not `seesFromOutside` either, which is about requests:
 * there are none in it, as in any flow log.
 */
export const pcap: Format = {
  id: 'pcap',
  label: 'Packet capture (pcap, pcapng)',
  framing: 'stream',
  splittable: false,
  tables: ['flows'],
  recordText,
  sniff: (head) => (isCapture(head.bytes) ? 1 : 0),
  parser: (context: ParseContext) => new PcapParser(context),
};
