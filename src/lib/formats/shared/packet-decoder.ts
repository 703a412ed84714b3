import { MAPPED_PREFIX } from '../../base/addresses';

/** Link types of capture files (https://www.tcpdump.org/linktypes.html) whose packets are read. */
const LINK = {
  null: 0,
  ethernet: 1,
  // What DLT_RAW is on most systems and on OpenBSD, in files that were written with it instead of 101.
  dltRaw: 12,
  openBsdRaw: 14,
  raw: 101,
  loop: 108,
  linuxCooked: 113,
  ipv4: 228,
  ipv6: 229,
  linuxCooked2: 276,
} as const;

/** EtherTypes (IEEE 802 Numbers, iana.org) that are not IP and common enough to be called by their names. */
const ETHER_TYPES: Readonly<Record<number, string>> = {
  0x0806: 'ARP packet',
  0x8035: 'RARP packet',
  0x8809: 'LACP packet',
  0x888e: 'EAPOL packet',
  0x88cc: 'LLDP packet',
};

export const PROTOCOL = { icmp: 1, tcp: 6, udp: 17, icmp6: 58 } as const;
const FRAGMENT_HEADER = 44;
const AUTHENTICATION_HEADER = 51;
/** Extension headers of IPv6 whose second byte counts units of 8 bytes behind the first 8 (RFC 8200; 135, 139, 140: RFC 6275, 7401, 5533). */
const OPTION_HEADERS = new Set([0, 43, 60, 135, 139, 140]);
const MOST_EXTENSIONS = 16;

/** RFC 7348. Mirrored traffic of cloud networks comes so, and what it carries is what was mirrored. */
const VXLAN_PORT = 4789;
const VXLAN_BYTES = 8;
/** Tunnels within tunnels that are followed. */
const MOST_TUNNELS = 3;

/** Answers to ICMP's questions: type of the question → of the answer (RFC 792, 950, 1256; RFC 4443, 4861 for version 6). */
const ICMP_ANSWERS: Readonly<Record<number, number>> = { 8: 0, 13: 14, 15: 16, 17: 18, 10: 9 };
const ICMP6_ANSWERS: Readonly<Record<number, number>> = { 128: 129, 133: 134, 135: 136, 130: 131 };
const ICMP_QUESTIONS = reversed(ICMP_ANSWERS);
const ICMP6_QUESTIONS = reversed(ICMP6_ANSWERS);

function reversed(answers: Readonly<Record<number, number>>): Readonly<Record<number, number>> {
  return Object.fromEntries(Object.entries(answers).map(([question, answer]) => [answer, Number(question)]));
}

/** What `decode` made of a packet. `other`: no IP, counted as `what`; `unreadable`: `what` says why. */
export const PACKET = { ip: 0, other: 1, unreadable: 2 } as const;

export function isLinkTypeRead(link: number): boolean {
  return (Object.values(LINK) as number[]).includes(link);
}

/**
 * The headers of one packet at a time, as fields that the next packet overwrites: captures hold millions, and an object each would cost more than
 * reading them. Sizes are those that the headers state, so that packets that were cut at a snapshot length count in full.
 */
export class PacketDecoder {
  what = '';
  /** Four words an address, source then destination, as the address dictionary has them. */
  readonly words = new Uint32Array(8);
  protocol = 0;
  /** For ICMP the type and its answer's type or, where there is none, the code: a question and its answer are one conversation then. */
  srcPort = 0;
  dstPort = 0;
  /** Of the IP packet: its header, and what it carries. */
  ipBytes = 0;
  /** TCP flags, the six of RFC 9293; −1 where they were not captured or there are none. */
  flags = -1;
  sequence = 0;
  /** Identification of an IP packet (0: it has none), by which fragments and copies are known. */
  id = 0;
  /** Whether it is a fragment other than the first: it has no ports. */
  isLaterFragment = false;
  isFragment = false;
  /** Tells the packet from others of its conversation; 0 where nothing does. */
  print = 0;
  /** Whether it came inside a VXLAN tunnel. */
  isTunneled = false;

  #bytes: Uint8Array = new Uint8Array(0);
  /** Where the captured bytes end, and where those on the wire ended. */
  #end = 0;
  #wireEnd = 0;
  #tunnels = 0;

  /** One of PACKET. `wireBytes`: length before the capture cut it. */
  decode(bytes: Uint8Array, at: number, end: number, wireBytes: number, link: number): number {
    this.#bytes = bytes;
    this.#end = end;
    this.#wireEnd = at + wireBytes;
    this.#tunnels = 0;
    this.isTunneled = false;
    switch (link) {
      case LINK.ethernet:
        return this.#ethernet(at);
      case LINK.linuxCooked:
        return this.#etherType(at + 14, at + 16);
      case LINK.linuxCooked2:
        return this.#etherType(at, at + 20);
      case LINK.null:
      case LINK.loop:
        return this.#ip(at + 4);
      case LINK.raw:
      case LINK.dltRaw:
      case LINK.openBsdRaw:
      case LINK.ipv4:
      case LINK.ipv6:
        return this.#ip(at);
      default:
        return this.#unreadable(
          `packets of link type ${link} are not read: expected Ethernet (1), raw IP (101), loopback (0, 108) or Linux cooked (113, 276)`,
        );
    }
  }

  #unreadable(what: string): number {
    this.what = what;
    return PACKET.unreadable;
  }

  #other(what: string): number {
    this.what = what;
    return PACKET.other;
  }

  #short(): number {
    return this.#unreadable('the packet was cut before its addresses: was the snapshot length too small?');
  }

  #ethernet(at: number): number {
    return this.#etherType(at + 12, at + 14);
  }

  /** The type stands at `typeAt`, what it is the type of at `at`. Tags of VLANs, MPLS and PPPoE are passed over. */
  #etherType(typeAt: number, at: number): number {
    const bytes = this.#bytes;
    if (at > this.#end) return this.#short();
    let type = u16(bytes, typeAt);
    while (type === 0x8100 || type === 0x88a8 || type === 0x9100) {
      if (at + 4 > this.#end) return this.#short();
      type = u16(bytes, at + 2);
      at += 4;
    }
    if (type === 0x0800 || type === 0x86dd) return this.#ip(at);
    if (type === 0x8847 || type === 0x8848) {
      while (at + 4 <= this.#end && ((bytes[at + 2] as number) & 1) === 0) at += 4;
      return this.#ip(at + 4);
    }
    if (type === 0x8864) {
      if (at + 8 > this.#end) return this.#short();
      const inner = u16(bytes, at + 6);
      return inner === 0x0021 || inner === 0x0057 ? this.#ip(at + 8) : this.#other('PPPoE packet without IP');
    }
    if (type >= 0x0600) return this.#other(ETHER_TYPES[type] ?? `packet of type 0x${hex(type)}`);
    // A length (IEEE 802.3): an LLC header follows, and SNAP's holds a type (RFC 1042).
    const isSnap = at + 8 <= this.#end && u16(bytes, at) === 0xaaaa && u16(bytes, at + 6) >= 0x0600;
    return isSnap ? this.#etherType(at + 6, at + 8) : this.#other('LLC frame');
  }

  #ip(at: number): number {
    if (at >= this.#end) return this.#short();
    const version = (this.#bytes[at] as number) >> 4;
    this.flags = -1;
    this.sequence = 0;
    this.srcPort = 0;
    this.dstPort = 0;
    this.print = 0;
    if (version === 4) return this.#ipv4(at);
    return version === 6 ? this.#ipv6(at) : this.#other('packet of neither IPv4 nor IPv6');
  }

  /** What Ethernet fills a short frame up with is no part of its packet: some network cards put there what they sent before. */
  #endAt(end: number): void {
    this.#end = Math.min(this.#end, end);
  }

  #ipv4(at: number): number {
    const bytes = this.#bytes;
    if (at + 20 > this.#end) return this.#short();
    const headerBytes = ((bytes[at] as number) & 15) * 4;
    const stated = u16(bytes, at + 2);
    const onWire = this.#wireEnd - at;
    // 0: the network card was to cut it into packets and fill that in (segmentation offload).
    this.ipBytes = stated === 0 ? onWire : Math.min(stated, onWire);
    if (headerBytes < 20 || this.ipBytes < headerBytes)
      return this.#unreadable('the lengths in its IPv4 header contradict each other');
    this.#endAt(at + this.ipBytes);
    const { words } = this;
    words[0] = words[1] = words[4] = words[5] = 0;
    words[2] = words[6] = MAPPED_PREFIX;
    words[3] = u32(bytes, at + 12);
    words[7] = u32(bytes, at + 16);
    this.protocol = bytes[at + 9] as number;
    this.id = u16(bytes, at + 4);
    const fragment = u16(bytes, at + 6);
    this.isFragment = (fragment & 0x3fff) !== 0;
    this.isLaterFragment = (fragment & 0x1fff) !== 0;
    if (this.id !== 0) this.print = mix(this.id, stated, fragment);
    return this.isLaterFragment ? PACKET.ip : this.#transport(at + headerBytes);
  }

  #ipv6(at: number): number {
    const bytes = this.#bytes;
    if (at + 40 > this.#end) return this.#short();
    const stated = u16(bytes, at + 4);
    const onWire = this.#wireEnd - at;
    // 0: a jumbogram, or as above.
    this.ipBytes = stated === 0 ? onWire : Math.min(40 + stated, onWire);
    if (this.ipBytes < 40) return this.#unreadable('the packet was shorter than its IPv6 header');
    this.#endAt(at + this.ipBytes);
    for (let i = 0; i < 8; i++) this.words[i] = u32(bytes, at + 8 + 4 * i);
    this.id = 0;
    this.isFragment = false;
    this.isLaterFragment = false;
    let protocol = bytes[at + 6] as number;
    let next = at + 40;
    for (let k = 0; k < MOST_EXTENSIONS && next + 8 <= this.#end; k++) {
      if (protocol === FRAGMENT_HEADER) {
        this.id = u32(bytes, next + 4);
        this.isFragment = true;
        const offset = u16(bytes, next + 2);
        this.isLaterFragment = offset >> 3 !== 0;
        if (this.id !== 0) this.print = mix(this.id, stated, offset);
        protocol = bytes[next] as number;
        next += 8;
        if (this.isLaterFragment) break;
      } else if (OPTION_HEADERS.has(protocol)) {
        protocol = bytes[next] as number;
        next += ((bytes[next + 1] as number) + 1) * 8;
      } else if (protocol === AUTHENTICATION_HEADER) {
        protocol = bytes[next] as number;
        next += ((bytes[next + 1] as number) + 2) * 4;
      } else break;
    }
    this.protocol = protocol;
    return this.isLaterFragment ? PACKET.ip : this.#transport(next);
  }

  /** Ports and flags, as far as they were captured. */
  #transport(at: number): number {
    const bytes = this.#bytes;
    const { protocol } = this;
    if (at + 4 > this.#end) return PACKET.ip;
    if (protocol === PROTOCOL.tcp) {
      this.#ports(at);
      if (at + 14 > this.#end) return PACKET.ip;
      this.sequence = u32(bytes, at + 4);
      this.flags = (bytes[at + 13] as number) & 63;
      // The checksum covers what it carries: some systems number all their packets alike.
      const checksum = at + 18 <= this.#end ? u16(bytes, at + 16) : 0;
      if (this.print !== 0) this.print = mix(this.print ^ checksum, this.sequence, u32(bytes, at + 8));
    } else if (protocol === PROTOCOL.icmp || protocol === PROTOCOL.icmp6) {
      this.#icmp(bytes[at] as number, bytes[at + 1] as number, protocol === PROTOCOL.icmp);
      this.#mark(at);
    } else if (protocol === PROTOCOL.udp) {
      this.#ports(at);
      this.#mark(at);
      if (this.dstPort === VXLAN_PORT && this.#isVxlan(at)) return this.#tunnel(at + 8 + VXLAN_BYTES);
    } else if (protocol === 132 || protocol === 136 || protocol === 33) this.#ports(at);
    return PACKET.ip;
  }

  /** Takes length and checksum of UDP, or checksum, identifier and number of ICMP, as a sign of the packet. */
  #mark(at: number): void {
    const isIcmp = this.protocol !== PROTOCOL.udp;
    if (this.print !== 0 && at + 8 <= this.#end)
      this.print = mix(this.print, u32(this.#bytes, at + 4), isIcmp ? u16(this.#bytes, at + 2) : 0);
  }

  #ports(at: number): void {
    this.srcPort = u16(this.#bytes, at);
    this.dstPort = u16(this.#bytes, at + 2);
  }

  #icmp(type: number, code: number, isVersion4: boolean): void {
    const answer = (isVersion4 ? ICMP_ANSWERS : ICMP6_ANSWERS)[type];
    const question = (isVersion4 ? ICMP_QUESTIONS : ICMP6_QUESTIONS)[type];
    this.srcPort = type;
    this.dstPort = answer ?? question ?? code;
  }

  /** A valid network number, an Ethernet frame with a header, and nothing in the reserved bits. */
  #isVxlan(at: number): boolean {
    const header = at + 8;
    const room = header + VXLAN_BYTES + 14 <= this.#end;
    return room && u32(this.#bytes, header) === 0x0800_0000 && this.#tunnels < MOST_TUNNELS;
  }

  #tunnel(at: number): number {
    this.#tunnels += 1;
    this.isTunneled = true;
    return this.#ethernet(at);
  }
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function u32(bytes: Uint8Array, at: number): number {
  return ((u16(bytes, at) << 16) | u16(bytes, at + 2)) >>> 0;
}

function hex(value: number): string {
  return value.toString(16).padStart(4, '0');
}

/** Never 0. */
function mix(a: number, b: number, c: number): number {
  const h = Math.imul(a ^ Math.imul(b, 0x85ebca6b), 0x9e3779b1) ^ Math.imul(c ^ (c >>> 15), 0xc2b2ae35);
  return (h ^ (h >>> 15)) | 1;
}
