/** Work that pauses now and then, so that whoever goes through it may hear of something else, or leave it. */
export type InParts<T> = Generator<undefined, T>;

/** The result of such work, gone through without a stop. */
export function finished<T>(parts: InParts<T>): T {
  for (let part = parts.next(); ; part = parts.next()) if (part.done) return part.value;
}
