import type { AttentionMatrix } from './attention-maps.js';

/** A token that later tokens attend to wherever they are: a vertical stripe in the attention matrix. */
export interface Stripe {
  readonly position: number;
  /** Attention on the token relative to uniform attention, averaged over the queries. */
  readonly lift: number;
  /** Share of all attention of the queries from position 2 on. */
  readonly share: number;
}

/** Least number of queries at least two positions after the token. */
const MIN_QUERIES = 4;
/** Least lift of a stripe. */
const MIN_LIFT = 3;

/**
 * The stripes of one head, from left to right.
 *
 * A token is a stripe when at least four queries are two or more positions after it, their mean lift is at least 3, and most
 * of them have a lift above 1. The first token is none: heads attend to it when there is nothing to attend to.
 *
 * @param weights causal, `[T][T]`
 */
export function stripesOf(weights: AttentionMatrix): Stripe[] {
  const stripes: Stripe[] = [];
  const length = weights.length;
  for (let position = 1; position + 1 + MIN_QUERIES < length; position++) {
    let [sum, lift, above] = [0, 0, 0];
    const queries = length - position - 2;
    for (let i = position + 2; i < length; i++) {
      const weight = weights[i][position];
      sum += weight;
      lift += weight * (i + 1);
      if (weight * (i + 1) > 1) above++;
    }
    if (lift / queries >= MIN_LIFT && above > queries / 2) {
      stripes.push({ position, lift: lift / queries, share: sum / (length - 2) });
    }
  }
  return stripes;
}
