import { decodeUtf8, encodeUtf8 } from '../../base/bytes';
import type { JsonObject } from './json';
import { LIST_KEYS } from './json-list-keys';
import { textOfBytes } from './json-texts';
import { WantedSlots, wordOf, type Wanted, type WantedObject } from './json-wanted';

/** Text that the kernel takes at once, as in `src/kernels/memory.as.ts`, and zeros behind it. */
const TEXT_BYTES = 1 << 20;
const MARGIN = 64;
/** As in `src/kernels/json-fields.as.ts`, like what a change can be. */
const MOST_SLOTS = 512;
const [ABSENT, TEXT, NUMBER, WORD, OBJECT, WHOLE] = [0, 1, 2, 3, 4, 5];
/** Texts held for the kernel to name. Few: those that do not come again are let go while they are young. */
const MOST_TEXTS = 4096;

interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly text: WebAssembly.Global<'i32'>;
  readonly report: WebAssembly.Global<'i32'>;
  readonly changedSlots: WebAssembly.Global<'i32'>;
  readonly changedKinds: WebAssembly.Global<'i32'>;
  readonly changedFrom: WebAssembly.Global<'i32'>;
  readonly changedTo: WebAssembly.Global<'i32'>;
  readonly changedNumbers: WebAssembly.Global<'i32'>;
  setUp(): void;
  addShape(): number;
  addKey(
    shape: number,
    from: number,
    length: number,
    slot: number,
    inside: number,
    mayBeList: boolean,
  ): number;
  scan(from: number): number;
  make(): number;
  forgetTexts(): void;
}

/** `JsonReader`'s work in WebAssembly, on text that is copied into the kernel's memory block by block. */
export class JsonKernel {
  newlines = 0;
  /** Another number whenever other slots are filled than before. */
  layout = 0;
  readonly #kernel: Exports;
  readonly #memory: Uint8Array;
  readonly #report: Int32Array;
  readonly #changedSlots: Uint16Array;
  readonly #changedKinds: Uint8Array;
  readonly #changedFrom: Uint32Array;
  readonly #changedTo: Uint32Array;
  readonly #changedNumbers: Float64Array;
  readonly #slots: WantedSlots;
  readonly #text: number;
  readonly #texts: string[] = [];
  /** By slot: the last text, object or list, which the kernel knows again by its bytes. */
  readonly #lastValues: unknown[];
  readonly #isFilled: Uint8Array;
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;
  /** Which part of the block is in the kernel's memory. */
  #from = 0;
  #to = 0;

  /** Null when more is wanted than the kernel has room for. */
  static of(module: WebAssembly.Module, wanted: Wanted): JsonKernel | null {
    const slots = new WantedSlots(wanted);
    if (slots.count > MOST_SLOTS) return null;
    const kernel = new JsonKernel(module, slots);
    return kernel.#addShape(slots.root, true) === 0 ? null : kernel;
  }

  private constructor(module: WebAssembly.Module, slots: WantedSlots) {
    const env = { nameText: (from: number, to: number) => this.#nameText(from, to) };
    const kernel = new WebAssembly.Instance(module, { env }).exports as unknown as Exports;
    kernel.setUp();
    const { buffer } = kernel.memory;
    this.#kernel = kernel;
    this.#memory = new Uint8Array(buffer);
    this.#report = new Int32Array(buffer, kernel.report.value, 2);
    this.#changedSlots = new Uint16Array(buffer, kernel.changedSlots.value, 2 * MOST_SLOTS);
    this.#changedKinds = new Uint8Array(buffer, kernel.changedKinds.value, 2 * MOST_SLOTS);
    this.#changedFrom = new Uint32Array(buffer, kernel.changedFrom.value, 2 * MOST_SLOTS);
    this.#changedTo = new Uint32Array(buffer, kernel.changedTo.value, 2 * MOST_SLOTS);
    this.#changedNumbers = new Float64Array(buffer, kernel.changedNumbers.value, 2 * MOST_SLOTS);
    this.#slots = slots;
    this.#text = kernel.text.value;
    this.#lastValues = new Array<unknown>(slots.count).fill('');
    this.#isFilled = new Uint8Array(slots.count);
  }

  /** What is scanned from now on lies in this block. */
  hold(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#end = end;
    this.#copy(start);
  }

  holds(bytes: Uint8Array, start: number): boolean {
    return this.#bytes === bytes && start >= this.#from && start < this.#end;
  }

  /** The index behind the object that begins at `start`; −1 when it is out of the ordinary, or does not end before `end`. */
  scan(start: number, end: number): number {
    if (start >= this.#to) this.#copy(start);
    let stop = this.#kernel.scan(start - this.#from + this.#text);
    if (stop === 0 && this.#to < this.#end && start > this.#from) {
      this.#copy(start);
      stop = this.#kernel.scan(this.#text);
    }
    this.newlines = this.#report[0] as number;
    const behind = stop - this.#text + this.#from;
    return stop === 0 || behind > end || this.#report[1] !== 0 ? -1 : behind;
  }

  /** The object scanned last, filled anew. */
  make(): JsonObject {
    if (this.#texts.length > MOST_TEXTS) {
      this.#texts.length = 0;
      this.#kernel.forgetTexts();
    }
    const count = this.#kernel.make();
    const slots = this.#slots;
    for (let i = 0; i < count; i++) {
      const slot = this.#changedSlots[i] as number;
      const kind = this.#changedKinds[i] as number;
      const isFilled = kind === ABSENT ? 0 : 1;
      if (this.#isFilled[slot] !== isFilled) {
        this.#isFilled[slot] = isFilled;
        this.layout += 1;
      }
      if (kind === TEXT || kind === WHOLE) {
        const value = kind === TEXT ? this.#texts[this.#changedFrom[i] as number] : this.#parse(i);
        this.#lastValues[slot] = value;
        slots.put(slot, value);
      } else if (kind === NUMBER) slots.put(slot, this.#changedNumbers[i]);
      else if (kind === ABSENT) slots.put(slot, undefined);
      else if (kind === WORD) slots.put(slot, wordOf(this.#changedNumbers[i] as number));
      else if (kind === OBJECT) slots.putObject(slot);
      else slots.put(slot, this.#lastValues[slot]);
    }
    return slots.root.values;
  }

  #parse(change: number): unknown {
    return JSON.parse(
      decodeUtf8(this.#memory, this.#changedFrom[change] as number, this.#changedTo[change] as number),
    );
  }

  #nameText(from: number, to: number): number {
    return this.#texts.push(textOfBytes(this.#memory, from, to)) - 1;
  }

  #copy(start: number): void {
    const end = Math.min(this.#end, start + TEXT_BYTES);
    this.#memory.set(this.#bytes.subarray(start, end), this.#text);
    const behind = this.#text + end - start;
    this.#memory.fill(0, behind, behind + MARGIN);
    this.#from = start;
    this.#to = end;
  }

  /** 0 when there is no room for it. */
  #addShape({ fields }: WantedObject, isRoot: boolean): number {
    const shape = this.#kernel.addShape();
    if (shape === 0) return 0;
    for (const { name, slot, inside, isListKey } of fields) {
      const innerShape = inside ? this.#addShape(inside, false) : 0;
      if (inside && innerShape === 0) return 0;
      if (!this.#addKey(shape, name, slot, innerShape, isListKey)) return 0;
    }
    // Nobody wants them, but a list behind them may be the file's records.
    const others = isRoot ? [...LIST_KEYS].filter((key) => !fields.some(({ name }) => name === key)) : [];
    return others.every((key) => this.#addKey(shape, key, -1, 0, true)) ? shape : 0;
  }

  #addKey(shape: number, name: string, slot: number, inside: number, mayBeList: boolean): boolean {
    const bytes = encodeUtf8(`${name}"`);
    this.#memory.set(bytes, this.#text);
    return this.#kernel.addKey(shape, this.#text, bytes.length, slot, inside, mayBeList) !== 0;
  }
}
