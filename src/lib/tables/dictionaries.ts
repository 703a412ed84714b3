import { AddressDictionary } from './address-dictionary';
import { StringDictionary } from './string-dictionary';

/** A dictionary as plain bytes: what crosses worker boundaries and what is stored. */
export interface DictionaryData {
  readonly addresses: Uint32Array<ArrayBuffer>;
  readonly stringBytes: Uint8Array<ArrayBuffer>;
  readonly stringEnds: Uint32Array<ArrayBuffer>;
}

/** Both dictionaries of a case (or of one parser, before its ids are mapped to the case's). */
export class Dictionaries {
  readonly addresses: AddressDictionary;
  readonly strings: StringDictionary;

  constructor(addresses = new AddressDictionary(), strings = new StringDictionary()) {
    this.addresses = addresses;
    this.strings = strings;
  }

  toData(): DictionaryData {
    const { bytes, ends } = this.strings.toData();
    return { addresses: this.addresses.toData(), stringBytes: bytes, stringEnds: ends };
  }

  /** Both as they are now, for a reader that must not see them grow; costs no memory. */
  snapshot(): Dictionaries {
    return new Dictionaries(this.addresses.snapshot(), this.strings.snapshot());
  }

  /** Of entries that all differ, as `toData` gives them: several times as fast as looking whether one is there already. Takes the arrays over. */
  static ofDistinct(data: DictionaryData): Dictionaries {
    return new Dictionaries(
      AddressDictionary.ofDistinct(data.addresses),
      StringDictionary.ofDistinct(data.stringBytes, data.stringEnds),
    );
  }

  static fromData(data: DictionaryData): Dictionaries {
    return new Dictionaries(
      AddressDictionary.fromData(data.addresses),
      StringDictionary.fromData(data.stringBytes, data.stringEnds),
    );
  }
}
