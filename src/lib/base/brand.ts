/** A number or string that may not be mixed up with another of the same primitive type. */
export type Brand<T, Name extends string> = T & { readonly __brand: Name };

/** Time as microseconds since 1970-01-01T00:00:00Z; exact in a double to the year 2255. NaN means unknown. */
export type Micros = Brand<number, 'Micros'>;

/** Index into a case's address dictionary; 0 means "no address in the row". */
export type AddressId = Brand<number, 'AddressId'>;

/** Index into a case's string dictionary; 0 is the empty string and means "not in the row". */
export type StringId = Brand<number, 'StringId'>;

/** A source's position in the case, stable for as long as the case lives. */
export type SourceId = Brand<number, 'SourceId'>;

/** `segmentIndex * SEGMENT_ROWS + indexInSegment` in one table; sparse, because segments may be partly filled. */
export type RowId = Brand<number, 'RowId'>;

/** Index of an asset in the analysis' asset index. */
export type AssetId = Brand<number, 'AssetId'>;

/** Index of an actor in the analysis' actor index. */
export type ActorId = Brand<number, 'ActorId'>;
