/** What a peer says of one record, in words that all formats share; a field it does not speak of is left out. */
export interface PeerFields {
  /** ISO text. For a log whose clock names no zone, `zone` says which the peer took it for. */
  readonly time?: string;
  readonly zone?: string;
  readonly start?: string;
  readonly end?: string;
  readonly source?: string;
  readonly sourcePort?: number;
  readonly destination?: string;
  readonly destinationPort?: number;
  readonly protocol?: number;
  /** The machine that wrote the record, as it names itself, or that was asked. */
  readonly host?: string;
  readonly user?: string;
  /** The account that the user acts as. */
  readonly became?: string;
  readonly outcome?: 'success' | 'failure';
  readonly action?: string;
  readonly bytes?: number;
  readonly bytesBack?: number;
  readonly packets?: number;
  readonly packetsBack?: number;
  readonly status?: number;
  readonly method?: string;
  readonly object?: string;
  readonly agent?: string;
  readonly durationUs?: number;
  readonly rows?: number;
}

export type PeerField = Exclude<keyof PeerFields, 'zone'>;

export interface PeerRecord {
  /** Byte offset of the record in its file, or its place among the records that give rows where the peer counts those. */
  readonly at:
    | { readonly offset: number; readonly after?: number; readonly before?: number }
    | { readonly index: number };
  readonly fields: PeerFields;
}

/** A real file and what another program made of it. */
export interface PeerFile {
  readonly peer: string;
  /** Below the shared data. */
  readonly path: string;
  readonly records: readonly PeerRecord[];
}
