// Filters of the sampling distribution: temperature, top-k, top-p, min-p, typical sampling. Each takes logits [V] and
// returns new ones in which a removed token has the logit -Infinity.

/** Temperatures below this count as 0: dividing by them could overflow float32. */
export const MIN_TEMPERATURE = 1e-6;

/** Settings of {@link filterLogits}. A setting that is left out filters nothing. */
export interface Filters {
  /** Divides the logits. Lower it for safer text, raise it for more varied text; 0: greedy decoding. Default 1. */
  readonly temperature?: number;
  /** Keeps only the `topK` most likely tokens and those tied with the last. Default: all tokens. */
  readonly topK?: number;
  /** Keeps only the most likely tokens whose probabilities sum to `topP`, above 0 and at most 1. Default 1. */
  readonly topP?: number;
  /** Keeps only tokens with at least `minP` times the largest probability, 0 to 1. Default 0. */
  readonly minP?: number;
  /** Keeps only the tokens of most typical surprisal whose probabilities sum to `typicalP`. Default 1. */
  readonly typicalP?: number;
}

/**
 * Applies temperature, top-k, top-p, min-p and typical sampling, in the order of Hugging Face's `generate`.
 *
 * @param logits `[V]`, not modified
 * @param filters `temperature` must be above 0: greedy decoding needs no filter
 * @returns logits `[V]`, -Infinity for removed tokens
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

/** Divides logits by a temperature above 0. */
export function applyTemperature(logits: Float32Array, temperature: number): Float32Array {
  const scaled = new Float32Array(logits.length);
  for (let i = 0; i < logits.length; i++) scaled[i] = logits[i] / temperature;
  return scaled;
}

/** Keeps the `k` most likely tokens and those tied with the k-th. Source: Fan, Lewis and Dauphin, 2018. */
export function applyTopK(logits: Float32Array, k: number): Float32Array {
  return k >= logits.length ? logits.slice() : removeBelow(logits, kthLargest(logits, k));
}

/**
 * Keeps the smallest set of most likely tokens whose probabilities sum to at least `p`; always at least one token. Among
 * equal logits at the threshold, the lowest ids stay. Source: Holtzman et al., 2020.
 */
export function applyTopP(logits: Float32Array, p: number): Float32Array {
  const kept = new Float32Array(logits);
  if (p >= 1) return kept;
  const max = maxOf(kept);
  let sum = 0;
  for (const logit of kept) sum += Math.exp(logit - max);

  // Tokens less likely than (1 - p) / V sum to less than 1 - p, so the others reach p: only those are sorted.
  const negligible = max + Math.log((sum * (1 - p)) / kept.length);
  const ascending = kept.filter((logit) => logit >= negligible).sort();
  let cumulative = 0;
  let next = ascending.length - 1;
  while (next > 0) {
    cumulative += Math.exp(ascending[next] - max) / sum;
    if (cumulative >= p) break;
    next--;
  }
  const threshold = ascending[next];
  let tied = 0; // number of tokens equal to the threshold that stay
  while (next + tied < ascending.length && ascending[next + tied] === threshold) tied++;
  for (let i = 0; i < kept.length; i++) {
    if (kept[i] < threshold || (kept[i] === threshold && tied-- <= 0)) kept[i] = -Infinity;
  }
  return kept;
}

/** Keeps the tokens whose probability is at least `p` times the largest. Source: Nguyen et al., 2024. */
export function applyMinP(logits: Float32Array, p: number): Float32Array {
  return removeBelow(logits, maxOf(logits) + Math.log(p)); // a ratio of probabilities is a difference of logits
}

/**
 * Keeps the tokens whose surprisal is nearest to the entropy, as many as have the probability `p` together. The most
 * likely token may be removed. Source: Meister et al., 2022.
 */
export function applyTypicalP(logits: Float32Array, p: number): Float32Array {
  const kept = new Float32Array(logits);
  if (p >= 1) return kept;
  const logSum = logSumExp(logits, maxOf(logits));
  let entropy = 0;
  for (const logit of logits) {
    if (logit > -Infinity) entropy -= Math.exp(logit - logSum) * (logit - logSum);
  }
  const distance = Float64Array.from(logits, (logit) => Math.abs(logSum - logit - entropy));
  const order = Uint32Array.from(logits.keys()).sort((a, b) => distance[a] - distance[b]);
  let cumulative = 0;
  let last = 0;
  while (last < order.length - 1) {
    cumulative += Math.exp(logits[order[last]] - logSum);
    if (cumulative >= p) break;
    last++;
  }
  const threshold = distance[order[last]];
  for (let id = 0; id < kept.length; id++) if (distance[id] > threshold) kept[id] = -Infinity;
  return kept;
}

/** log Σ exp(logits), where `max` is the largest logit. */
export function logSumExp(logits: Float32Array, max: number): number {
  let sum = 0;
  for (let id = 0; id < logits.length; id++) sum += Math.exp(logits[id] - max);
  return max + Math.log(sum);
}

function maxOf(logits: Float32Array): number {
  let max = -Infinity;
  for (const logit of logits) if (logit > max) max = logit;
  return max;
}

function removeBelow(logits: Float32Array, threshold: number): Float32Array {
  const kept = new Float32Array(logits);
  for (let i = 0; i < kept.length; i++) if (kept[i] < threshold) kept[i] = -Infinity;
  return kept;
}

/** The k-th largest value, 1 <= k <= length, by quickselect (Hoare, 1961) in linear time. */
export function kthLargest(values: Float32Array, k: number): number {
  const work = new Float32Array(values);
  const target = work.length - k;
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
    if (target <= right) high = right;
    else if (target >= left) low = left;
    else break; // all values between the two halves equal the pivot
  }
  return work[target];
}
