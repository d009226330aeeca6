// Two younger filters than those of filters.ts: min-p and typical sampling. As there, each takes a row [V], leaves it
// as it was and gives a new one, where a removed token has the logit -Infinity.

/**
 * Keeps the tokens at least `p` times as likely as the likeliest. Source: Nguyen et al., 2024.
 * @param p 0 keeps all, 1 only the likeliest and what is tied with it
 */
export function applyMinP(logits: Float32Array, p: number): Float32Array<ArrayBuffer> {
  let largest = -Infinity;
  for (const logit of logits) if (logit > largest) largest = logit;
  // A ratio of probabilities is a difference of logits.
  const least = largest + Math.log(p);
  return logits.map((logit) => (logit < least ? -Infinity : logit));
}

/**
 * Keeps the tokens whose surprise is nearest to what one expects here (the entropy), as many as together have the
 * probability `p`; so the likeliest may go as well. Source: Meister et al., 2022.
 * @param p above 0 and at most 1
 */
export function applyTypicalP(logits: Float32Array, p: number): Float32Array<ArrayBuffer> {
  const kept = new Float32Array(logits);
  if (p >= 1) return kept;
  let largest = -Infinity;
  for (const logit of logits) if (logit > largest) largest = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - largest);
  const logSum = largest + Math.log(sum);
  let entropy = 0;
  for (const logit of logits) {
    if (logit > -Infinity) entropy -= Math.exp(logit - logSum) * (logit - logSum);
  }

  const oddness = Float64Array.from(logits, (logit) => Math.abs(logSum - logit - entropy));
  const order = Uint32Array.from(logits.keys()).sort((a, b) => oddness[a] - oddness[b]);
  let cumulated = 0;
  let last = 0;
  while (last < order.length - 1) {
    cumulated += Math.exp(logits[order[last]] - logSum);
    if (cumulated >= p) break;
    last++;
  }
  const oddest = oddness[order[last]];
  for (let id = 0; id < kept.length; id++) if (oddness[id] > oddest) kept[id] = -Infinity;
  return kept;
}
