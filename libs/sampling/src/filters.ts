// What narrows a row of logits before a token is drawn: temperature, top-k, top-p. Each takes a
// row [V], leaves it as it was and gives a new one, where a removed token has the logit -Infinity.
// Min-p and typical sampling are in cutoffs.ts, penalties that look at the tokens so far in processors.ts.
import { applyMinP, applyTypicalP } from './cutoffs.js';

/** Below this a temperature counts as 0: dividing by it could leave the range of float32. */
export const SMALLEST_TEMPERATURE = 1e-6;

/** The settings of the filters; what is left out filters nothing. */
export interface Filters {
  /** Divides the logits: below 1 the likely tokens become likelier, above 1 all more alike. 0 is greedy. */
  readonly temperature?: number;
  /** Only the `topK` likeliest tokens can be drawn. */
  readonly topK?: number;
  /** Only the likeliest tokens that together have the probability `topP` can be drawn. */
  readonly topP?: number;
  /** Only tokens at least `minP` times as likely as the likeliest can be drawn. */
  readonly minP?: number;
  /** Only the tokens of the commonest surprise that together have the probability `typicalP` can be drawn. */
  readonly typicalP?: number;
}

/** The logits [V] divided by a temperature above 0. */
export function applyTemperature(logits: Float32Array, temperature: number): Float32Array<ArrayBuffer> {
  const scaled = new Float32Array(logits.length);
  for (let i = 0; i < logits.length; i++) scaled[i] = logits[i] / temperature;
  return scaled;
}

/**
 * Keeps every logit that is not below the k-th largest, so tokens tied with the k-th stay as well.
 * A `k` beyond the vocabulary keeps all. Source: Fan, Lewis and Dauphin, 2018.
 */
export function applyTopK(logits: Float32Array, k: number): Float32Array<ArrayBuffer> {
  const kept = new Float32Array(logits);
  if (k >= logits.length) return kept;
  const threshold = kthLargest(logits, k);
  for (let i = 0; i < kept.length; i++) if (kept[i] < threshold) kept[i] = -Infinity;
  return kept;
}

/**
 * Keeps the smallest set of likeliest tokens whose probabilities add up to at least `p`; always at
 * least one. Of tokens with equal logits at the border those with the lowest ids stay.
 * Source: Holtzman et al., 2020.
 */
export function applyTopP(logits: Float32Array, p: number): Float32Array<ArrayBuffer> {
  const kept = new Float32Array(logits);
  if (p >= 1) return kept;
  let largest = -Infinity;
  for (const logit of kept) if (logit > largest) largest = logit;
  let sum = 0;
  for (const logit of kept) sum += Math.exp(logit - largest);

  // Tokens less likely than (1 - p) / V sum up to less than 1 - p, so the others reach p without
  // them: sorting is only for those.
  const negligible = largest + Math.log((sum * (1 - p)) / kept.length);
  const ascending = kept.filter((logit) => logit >= negligible).sort();
  let above = 0; // probability of the tokens kept so far
  let next = ascending.length - 1;
  while (next > 0) {
    above += Math.exp(ascending[next] - largest) / sum;
    if (above >= p) break;
    next--;
  }
  const threshold = ascending[next];
  let tied = 0; // how many of those that equal the threshold stay
  while (next + tied < ascending.length && ascending[next + tied] === threshold) tied++;
  for (let i = 0; i < kept.length; i++) {
    if (kept[i] < threshold || (kept[i] === threshold && tied-- <= 0)) kept[i] = -Infinity;
  }
  return kept;
}

/**
 * All filters in the order temperature, top-k, top-p, min-p, typical, as Hugging Face's `generate` applies them.
 * The temperature has to be above 0 here: greedy choice needs no filter.
 */
export function filterLogits(logits: Float32Array, filters: Filters): Float32Array {
  const { temperature = 1, topK, topP, minP, typicalP } = filters;
  let row = logits;
  if (temperature !== 1) row = applyTemperature(row, temperature);
  if (topK !== undefined) row = applyTopK(row, topK);
  if (topP !== undefined) row = applyTopP(row, topP);
  if (minP !== undefined) row = applyMinP(row, minP);
  if (typicalP !== undefined) row = applyTypicalP(row, typicalP);
  return row;
}

/** The k-th largest of the values, 1 <= k <= length, by selection (Hoare, 1961): linear, where sorting is not. */
export function kthLargest(values: Float32Array, k: number): number {
  const work = new Float32Array(values);
  const wanted = work.length - k;
  let low = 0;
  let high = work.length - 1;
  while (low < high) {
    const pivot = work[(low + high) >>> 1];
    let left = low;
    let right = high;
    while (left <= right) {
      while (work[left] < pivot) left++;
      while (work[right] > pivot) right--;
      if (left <= right) {
        const swapped = work[left];
        work[left++] = work[right];
        work[right--] = swapped;
      }
    }
    if (wanted <= right) high = right;
    else if (wanted >= left) low = left;
    else break; // between the two halves everything equals the pivot
  }
  return work[wanted];
}
