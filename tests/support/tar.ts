export interface TarMember {
  readonly path: string;
  readonly data?: Uint8Array;
  readonly type?: string;
}

/** A ustar archive, block by block as POSIX lays it out. */
export function tarOf(members: readonly TarMember[]): Buffer {
  const blocks: Buffer[] = [];
  for (const { path, data = new Uint8Array(0), type = '0' } of members) {
    const header = Buffer.alloc(512);
    header.write(path, 0, 100);
    header.write(`${data.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write(`${(1_700_000_000).toString(8)}\0`, 136);
    header.write('        ', 148);
    header.write(type, 156);
    header.write('ustar\x0000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    blocks.push(header, Buffer.from(data), Buffer.alloc((512 - (data.length % 512)) % 512));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
