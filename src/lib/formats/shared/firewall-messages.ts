import { TIME_BASIS } from '../../base/time';
import type { RecordSink } from '../format';
import { KindCounts } from './kind-counts';
import type { LineEvent } from './line-event';
import { OpenConnections } from './open-connections';
import { parsedTime } from './time';
import { parseTimeText } from './time-text';

/** What reads the messages of one vendor's firewalls. */
export interface FirewallMessages {
  /** Whether records were met whose other half may be anywhere in the file. */
  readonly hasHeld: boolean;
  /** One message. The reason when it cannot be read. */
  read(bytes: Uint8Array, start: number, end: number): string | null;
  /** The last message has been given. */
  finish(): void;
}

/** Messages that each tell all of what they are about; those that give no row are counted by kind. */
export abstract class MessageReader implements FirewallMessages {
  protected readonly sink: RecordSink;
  /** Time, host and place of the message that is read. */
  protected readonly event: LineEvent;
  protected readonly kinds: KindCounts;

  /** `maker`: begins the names of the kinds. */
  constructor(sink: RecordSink, event: LineEvent, maker: string) {
    this.sink = sink;
    this.event = event;
    this.kinds = new KindCounts(sink, maker);
  }

  get hasHeld(): boolean {
    return false;
  }

  finish(): void {
    return;
  }

  abstract read(bytes: Uint8Array, start: number, end: number): string | null;

  /** Sets the event's time to the first of these that is one, unless only the header's has a zone. Whether there is a time, theirs or the header's. */
  protected takeOwnTime(...texts: readonly string[]): boolean {
    const { event } = this;
    if (texts.some((text) => parseTimeText(text))) {
      const isBetter = parsedTime.basis === TIME_BASIS.absolute || event.basis !== TIME_BASIS.absolute;
      if (isBetter || Number.isNaN(event.us)) {
        event.us = parsedTime.us;
        event.basis = parsedTime.basis;
      }
    }
    return !Number.isNaN(event.us);
  }
}

/** Messages of which several may tell of one connection. */
export abstract class ConnectionReader extends MessageReader {
  protected readonly connections: OpenConnections;

  /** `isFile`, `told`: see `OpenConnections`. */
  constructor(
    sink: RecordSink,
    event: LineEvent,
    isFile: boolean,
    maker: string,
    told = 'connection so far, as a later record holds it',
  ) {
    super(sink, event, maker);
    this.connections = new OpenConnections(sink, told, isFile);
  }

  override get hasHeld(): boolean {
    return this.connections.hasHeld;
  }

  override finish(): void {
    this.connections.finish();
  }
}
