/** Thrown inside a decoder where its input cannot be what an encoder wrote. */
export class Damaged extends Error {}
