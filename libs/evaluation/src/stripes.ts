// Vertical stripes of attention: tokens that those after them look back to, wherever they stand. Marks of the text often are,
// such as the colon after a speaker's name. Leaves out the first token, which heads use as a place to rest.
import type { AttentionMatrix } from './attention-map.js';

/** A token that is looked back to. */
export interface Stripe {
  /** Its place in the text. */
  readonly position: number;
  /** How many times more attention it gets than if every token in view got the same; the mean over the queries. */
  readonly lift: number;
  /** Its part of all attention of the queries from the third on. */
  readonly share: number;
}

/** Queries that have to look past the neighbourhood of a token for it to be called anything. */
const LEAST_QUERIES = 4;
/** Lift from which on a column is a stripe. */
const LEAST_LIFT = 3;

/**
 * The stripes of one head over one text, from left to right.
 *
 * A token is a stripe when at least four tokens stand two or more places after it, they give it three times what they would if
 * they looked everywhere alike, in the mean, and most of them give it more than that: one query that looks back makes no
 * stripe, nor do neighbours, nor the first token.
 *
 * @param weights causal, [T][T]
 */
export function stripesOf(weights: AttentionMatrix): Stripe[] {
  const stripes: Stripe[] = [];
  const length = weights.length;
  for (let position = 1; position + 1 + LEAST_QUERIES < length; position++) {
    let sum = 0;
    let lift = 0;
    let above = 0;
    const queries = length - position - 2;
    for (let i = position + 2; i < length; i++) {
      const weight = weights[i][position];
      sum += weight;
      lift += weight * (i + 1);
      if (weight * (i + 1) > 1) above++;
    }
    if (lift / queries >= LEAST_LIFT && above > queries / 2) {
      stripes.push({ position, lift: lift / queries, share: sum / (length - 2) });
    }
  }
  return stripes;
}
