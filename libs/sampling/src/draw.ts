// From a row of logits to one token: the likeliest, or one drawn by its probability.
import type { Random } from '@lilformer/random';
import { filterLogits, kthLargest, SMALLEST_TEMPERATURE, type Filters } from './filters.js';

/** A token and how likely it is to be the next. */
export interface TokenProbability {
  readonly id: number;
  /** 0 to 1. */
  readonly probability: number;
}

/** Probabilities [V] of a row of logits [V]; -Infinity has the probability 0. */
export function softmax(logits: Float32Array): Float64Array<ArrayBuffer> {
  const probabilities = new Float64Array(logits.length);
  const sum = fillWeights(probabilities, logits, logits[argmax(logits)]);
  for (let i = 0; i < logits.length; i++) probabilities[i] /= sum;
  return probabilities;
}

/** Fills `weights` with e^(logit - largest), what probabilities are in proportion to, and gives their sum. */
function fillWeights(weights: Float64Array, logits: Float32Array, largest: number): number {
  let sum = 0;
  for (let i = 0; i < logits.length; i++) {
    const weight = logits[i] === -Infinity ? 0 : Math.exp(logits[i] - largest); // filters leave few to compute
    weights[i] = weight;
    sum += weight;
  }
  return sum;
}

/**
 * The id of the largest logit; of several the lowest.
 * @throws Error when a logit is NaN or +Infinity, or all are -Infinity
 */
export function argmax(logits: Float32Array): number {
  let best = -1;
  let largest = -Infinity;
  let check = 0; // stays 0 over finite numbers: cheaper than looking at each
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i];
    check += logit * 0;
    if (logit > largest) {
      largest = logit;
      best = i;
    }
  }
  const broken = check === 0 ? -1 : logits.findIndex((logit) => Number.isNaN(logit));
  if (broken >= 0) {
    throw new Error(
      `logit ${broken} is NaN: the model's weights are broken (a training run that diverged?); take an earlier checkpoint`,
    );
  }
  if (largest === Infinity) {
    throw new Error(
      `logit ${best} is Infinity: the model's weights are broken (a training run that diverged?); take an earlier checkpoint`,
    );
  }
  if (best < 0) throw new Error(`no token can follow: all ${logits.length} logits are -Infinity`);
  return best;
}

/** Where a draw weighs the tokens. */
let scratch = new Float64Array(0);

/**
 * The next token: filters the logits, then draws by probability.
 *
 * Takes exactly one `random.uniform()` whatever the filters, temperature 0 (greedy) included, so that
 * a change of filter leaves the later draws where they were.
 *
 * @param logits a row [V], which stays as it is
 * @throws Error when a logit is NaN or +Infinity, or all are -Infinity
 */
export function drawToken(logits: Float32Array, filters: Filters, random: Random): number {
  const uniform = random.uniform();
  const likeliest = argmax(logits);
  if ((filters.temperature ?? 1) < SMALLEST_TEMPERATURE) return likeliest;

  const filtered = filterLogits(logits, filters);
  if (scratch.length < filtered.length) scratch = new Float64Array(filtered.length);
  const weights = scratch;
  const largest = filters.typicalP === undefined ? filtered[likeliest] : filtered[argmax(filtered)]; // only typical sampling may remove the likeliest
  const drawn = uniform * fillWeights(weights, filtered, largest);
  let cumulated = 0;
  let last = likeliest;
  for (let id = 0; id < filtered.length; id++) {
    if (weights[id] === 0) continue;
    cumulated += weights[id];
    if (drawn < cumulated) return id;
    last = id;
  }
  return last; // rounding left the sum a little below the number drawn
}

/**
 * The `k` likeliest next tokens, likeliest first; of equals the lower id first.
 *
 * @param logits a row [V], such as a generated token's `logits`
 * @param k at least 1; beyond the vocabulary it gives all
 */
export function topTokens(logits: Float32Array, k: number): TokenProbability[] {
  if (!Number.isSafeInteger(k) || k < 1) {
    throw new RangeError(`topTokens of ${k}: expected a whole number of at least 1`);
  }
  const probabilities = softmax(logits);
  const threshold = kthLargest(logits, Math.min(k, logits.length));
  const ids: number[] = [];
  for (let id = 0; id < logits.length; id++) if (logits[id] >= threshold) ids.push(id);
  ids.sort((a, b) => logits[b] - logits[a] || a - b);
  return ids.slice(0, k).map((id) => ({ id, probability: probabilities[id] }));
}
