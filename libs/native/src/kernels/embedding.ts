// Rows of tables by number: functions of the native library.

/** An array of numbers. */
type Floats = Float32Array<ArrayBufferLike>;

export interface EmbeddingKernels {
  /** Gives the place of the first id that is no row of the table, and has then written nothing; else -1. */
  embeddingForward(
    /** [tokens] */
    ids: Int32Array,
    /** [rows, width] */
    table: Floats,
    /** [period, width]: row t is added for token t, and again from row 0 after `period` tokens */
    places: Floats | undefined,
    /** [tokens, width] */
    y: Floats,
    tokens: number,
    rows: number,
    period: number,
    width: number,
  ): number;

  /** Writes all of both gradients. An id that is no row is an error. */
  embeddingBackward(
    ids: Int32Array,
    dy: Floats,
    dTable: Floats,
    dPlaces: Floats | undefined,
    tokens: number,
    rows: number,
    period: number,
    width: number,
  ): void;
}
