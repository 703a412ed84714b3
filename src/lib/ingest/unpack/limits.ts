import { FailureError } from '../../base/result';
import { formatBytes, formatCount } from '../../base/units';

/** How far packed files are followed. Whoever unpacks may give others; these are what the page and the command line use. */
export interface UnpackLimits {
  /** How many times larger than its packed form something may become, once it is past `freeBytes`. */
  readonly maxRatio: number;
  /** Below this the ratio is not looked at: short runs of one line pack arbitrarily well. */
  readonly freeBytes: number;
  /** Bytes that may come out of one file as given, all that is packed in it together. */
  readonly maxBytes: number;
  /** Members of an archive that are loaded, those of archives in it included. */
  readonly maxMembers: number;
  /** Archives in archives, and packings around packings. */
  readonly maxDepth: number;
  /** Memory for the window that xz and zstd look back into. `zstd --long=27` and `xz -9` stay within it. */
  readonly maxWindowBytes: number;
}

export const UNPACK_LIMITS: UnpackLimits = {
  // Text packs 5 to 50 times, a log of one repeated line some 300 times; bombs reach 1,032 times with gzip and far more with xz.
  maxRatio: 500,
  freeBytes: 256_000_000,
  maxBytes: 64_000_000_000,
  maxMembers: 10_000,
  maxDepth: 4,
  maxWindowBytes: 128 * 1024 * 1024,
};

/** What a packed file out of an archive is measured against beside its own size: packing it twice would hide how far it grows. */
export interface UnpackShare {
  /** Bytes of the archive as given that it came out of. */
  readonly packedBytes: number;
  /** In the place of the limits' own: what the files of an archive may grow by unlooked at is shared among them. */
  readonly freeBytes: number;
}

/** Throws a FailureError once what came out is out of proportion to what went in. */
export class UnpackGuard {
  readonly #limits: UnpackLimits;
  #packed = 0;
  #unpacked = 0;
  #isSpent = false;

  constructor(limits: UnpackLimits = UNPACK_LIMITS) {
    this.#limits = limits;
  }

  /** Whether a limit was passed: nothing more is let through. */
  get isSpent(): boolean {
    return this.#isSpent;
  }

  addPacked(bytes: number): void {
    this.#packed += bytes;
  }

  addUnpacked(bytes: number): void {
    this.#unpacked += bytes;
    const { maxBytes, freeBytes, maxRatio } = this.#limits;
    if (this.#unpacked > maxBytes)
      throw this.#bomb(`over ${formatBytes(maxBytes)}, which is as much as is unpacked of one file`);
    if (this.#unpacked > freeBytes && this.#unpacked > maxRatio * this.#packed)
      throw this.#bomb(
        `over ${formatCount(maxRatio)} times its packed size (${formatBytes(this.#unpacked)} out of ` +
          `${formatBytes(this.#packed)} so far), as decompression bombs do`,
      );
  }

  #bomb(how: string): FailureError {
    this.#isSpent = true;
    return new FailureError({
      what: `Unpacking was stopped: the data grew to ${how}`,
      todo: 'If it is a log all the same, unpack it yourself and load parts of it.',
    });
  }
}
