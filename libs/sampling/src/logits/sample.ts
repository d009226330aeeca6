// From logits [V] to a token: the most likely one, or one sampled by its probability.
import type { Random } from '@lilformer/random';
import { filterLogits, kthLargest, MIN_TEMPERATURE, type Filters } from './filters.js';

/** Probabilities `[V]` of logits `[V]`. */
export function softmax(logits: Float32Array): Float64Array {
  const probabilities = new Float64Array(logits.length);
  const sum = expInto(probabilities, logits, logits[argmax(logits)]);
  for (let i = 0; i < logits.length; i++) probabilities[i] /= sum;
  return probabilities;
}

/** Fills `weights` with exp(logit - max), which is proportional to the probability, and returns the sum. */
function expInto(weights: Float64Array, logits: Float32Array, max: number): number {
  let sum = 0;
  for (let i = 0; i < logits.length; i++) {
    const weight = logits[i] === -Infinity ? 0 : Math.exp(logits[i] - max); // filters leave few to compute
    weights[i] = weight;
    sum += weight;
  }
  return sum;
}

/**
 * The id of the largest logit; the lowest id of several.
 * @throws Error when a logit is NaN or +Infinity, or all are -Infinity
 */
export function argmax(logits: Float32Array): number {
  let best = -1;
  let max = -Infinity;
  let check = 0; // stays 0 over finite numbers, which is cheaper than testing each
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i];
    check += logit * 0;
    if (logit > max) {
      max = logit;
      best = i;
    }
  }
  const nan = check === 0 ? -1 : logits.findIndex((logit) => Number.isNaN(logit));
  if (nan >= 0 || max === Infinity) {
    const broken = nan >= 0 ? `logit ${nan} is NaN` : `logit ${best} is Infinity`;
    throw new Error(
      `${broken}. Expected finite logits. The weights are broken, for example by a diverged training run: take an earlier checkpoint.`,
    );
  }
  if (best < 0) throw new Error(`no token can follow: all ${logits.length} logits are -Infinity`);
  return best;
}

/** Memory for the weights of {@link sampleToken}, kept between calls. */
let scratch = new Float64Array(0);

/**
 * Samples the next token: filters the logits, then draws by probability. `temperature: 0` takes the most likely token.
 *
 * Takes exactly one `random.uniform()` whatever the filters, so that changing a filter does not shift later draws.
 *
 * @param logits `[V]`, not modified
 * @throws Error when a logit is NaN or +Infinity, or all are -Infinity
 */
export function sampleToken(logits: Float32Array, filters: Filters, random: Random): number {
  const uniform = random.uniform();
  const mostLikely = argmax(logits);
  if ((filters.temperature ?? 1) < MIN_TEMPERATURE) return mostLikely;

  const filtered = filterLogits(logits, filters);
  if (scratch.length < filtered.length) scratch = new Float64Array(filtered.length);
  const weights = scratch;
  const max = filtered[filters.typicalP === undefined ? mostLikely : argmax(filtered)]; // typical sampling may remove the most likely
  const target = uniform * expInto(weights, filtered, max);
  let cumulative = 0;
  let last = mostLikely;
  for (let id = 0; id < filtered.length; id++) {
    if (weights[id] === 0) continue;
    cumulative += weights[id];
    if (target < cumulative) return id;
    last = id;
  }
  return last; // rounding left the sum slightly below the target
}

/**
 * The `k` most likely next tokens with their probabilities, most likely first; the lower id first among equals.
 *
 * @param logits `[V]`, for example the `logits` of a generated token
 * @param k at least 1; above the vocabulary size it returns all tokens
 * @throws RangeError when `k` is not a positive integer
 */
export function topTokens(logits: Float32Array, k: number): { id: number; probability: number }[] {
  if (!Number.isSafeInteger(k) || k < 1) {
    throw new RangeError(`topTokens, k = ${k}: expected an integer of at least 1`);
  }
  const probabilities = softmax(logits);
  const threshold = kthLargest(logits, Math.min(k, logits.length));
  const ids: number[] = [];
  for (let id = 0; id < logits.length; id++) if (logits[id] >= threshold) ids.push(id);
  ids.sort((a, b) => logits[b] - logits[a] || a - b);
  return ids.slice(0, k).map((id) => ({ id, probability: probabilities[id] }));
}
