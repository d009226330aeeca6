// What the loops of lockstep.ts and beam-search.ts go over: texts that grow side by side, and a model's scores for what
// comes next in each. Two kinds of models score: language-model-scorer.ts and encoder-decoder-scorer.ts.

/** Texts that grow together, a token at a time. */
export interface Scorer {
  /** The ids of each text so far; of an encoder-decoder those of the decoder, its start included. */
  readonly texts: readonly (readonly number[])[];
  /** A row of logits [V] for each text, to be read before the next call of anything. */
  next(): Float32Array[];
  /**
   * Goes on with some of the texts, each longer by one token.
   * @param rows their places in the present order; one that comes twice goes on in two ways
   * @param ids the token that each of them gets
   */
  extend(rows: readonly number[], ids: readonly number[]): void;
  /** Frees all tensors. */
  dispose(): void;
}

/** The texts that `extend` leaves. */
export function extended(
  texts: readonly (readonly number[])[],
  rows: readonly number[],
  ids: readonly number[],
): number[][] {
  return rows.map((row, place) => [...texts[row], ids[place]]);
}

/** Whether these rows are all there are, in their present order. */
export function sameRows(rows: readonly number[], count: number): boolean {
  return rows.length === count && rows.every((row, place) => row === place);
}
