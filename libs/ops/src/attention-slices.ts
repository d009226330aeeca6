// Attention one head of one sequence at a time: its scores [Tq, Tk] are the only ones in memory, and are computed
// again for the gradient, as FlashAttention does with tiles (Dao et al., arXiv:2205.14135). Each slice is a few
// products of plain matrices, which every engine is good at. Leaves out what q, k and v come from.
import { tf } from '@lilformer/engine';
import { fillDropoutMask, type DropoutMask } from './dropout.js';
import { expOfNegative } from './functions.js';
import { matMul, transpose } from './matmul.js';
import { allocate, compute, visit, type Floats } from './memory.js';

/** Where the heads of q, k or v lie: row t of sequence b starts at (b · T + t) · stride + offset. */
export interface Place {
  tensor: tf.Tensor;
  stride: number;
  offset: number;
}

/** q, k, v, or their gradients. */
export interface Places {
  q: Place;
  k: Place;
  v: Place;
}

/** Everything about an attention but the numbers. */
export interface Plan {
  batch: number;
  heads: number;
  queries: number;
  keys: number;
  headDim: number;
  causal: boolean;
  scale: number;
  /** [B · Tk], 0 where a key is padding. */
  visible: Floats | undefined;
  /** Whether scores get a bias [H, Tq, Tk]. */
  biased: boolean;
  dropout: DropoutMask | undefined;
}

/** [B, Tq, C] */
export function attentionForward({ q, k, v }: Places, bias: tf.Tensor | undefined, plan: Plan): tf.Tensor {
  const output: Place = outputPlace(allocate([plan.batch, plan.queries, plan.heads * plan.headDim]), plan);
  forEachHead(plan, (batch, head) => {
    const { used } = attentionWeights(q, k, bias, plan, batch, head);
    const mixed = matMul(used, take(v, plan.keys, plan, batch, head)); // [Tq, headDim]
    put(mixed, output, plan.queries, plan, batch, head);
  });
  return output.tensor;
}

/** Writes the gradients of q, k and v, given that of the output, and adds that of the bias to `dBias`. */
export function attentionBackward(
  { q, k, v }: Places,
  bias: tf.Tensor | undefined,
  dy: tf.Tensor,
  gradients: Places,
  dBias: tf.Tensor | undefined,
  plan: Plan,
): void {
  const { queries, keys } = plan;
  const output = outputPlace(dy, plan);
  forEachHead(plan, (batch, head) => {
    const { weights, used } = attentionWeights(q, k, bias, plan, batch, head);
    const above = take(output, queries, plan, batch, head); // [Tq, headDim]
    put(matMul(transpose(used), above), gradients.v, keys, plan, batch, head);

    const dUsed = matMul(above, transpose(take(v, keys, plan, batch, head))); // [Tq, Tk]
    const dScores = allocate(dUsed.shape);
    // The gradient of the bias is one of all sequences: not made here, but added to.
    const touched = [weights, used, dUsed, dScores, ...(dBias ? [dBias] : [])];
    visit(touched, (weights, used, dUsed, dScores, dBias?: Floats) => {
      const ofHead = head * queries * keys;
      for (let i = 0; i < queries; i++) {
        const start = i * keys;
        const end = start + (plan.causal ? i + 1 + keys - queries : keys);
        let sum = 0;
        for (let s = start; s < end; s++) sum += used[s] * dUsed[s];
        for (let s = start; s < end; s++) {
          const slope = used[s] * dUsed[s] - weights[s] * sum;
          dScores[s] = plan.scale * slope;
          if (dBias) dBias[ofHead + s] += slope;
        }
        dScores.fill(0, end, start + keys);
      }
    });
    put(matMul(dScores, take(k, keys, plan, batch, head)), gradients.q, queries, plan, batch, head);
    put(
      matMul(transpose(dScores), take(q, queries, plan, batch, head)),
      gradients.k,
      keys,
      plan,
      batch,
      head,
    );
  });
}

function forEachHead({ batch, heads }: Plan, body: (batch: number, head: number) => void): void {
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) tf.tidy(() => body(b, h));
  }
}

function outputPlace(tensor: tf.Tensor, { heads, headDim }: Plan): Place {
  return { tensor, stride: heads * headDim, offset: 0 };
}

/** One head's rows as a matrix of their own, [length, headDim]. */
function take(place: Place, length: number, { headDim }: Plan, batch: number, head: number): tf.Tensor {
  const start = batch * length * place.stride + place.offset + head * headDim;
  return compute([place.tensor], [[length, headDim]], ([from], [to]) => {
    for (let t = 0; t < length; t++) {
      const row = start + t * place.stride;
      for (let j = 0; j < headDim; j++) to[t * headDim + j] = from[row + j];
    }
  })[0];
}

/** The way back. */
function put(
  part: tf.Tensor,
  place: Place,
  length: number,
  { headDim }: Plan,
  batch: number,
  head: number,
): void {
  const start = batch * length * place.stride + place.offset + head * headDim;
  visit([part, place.tensor], (from, to) => {
    for (let t = 0; t < length; t++) {
      const row = start + t * place.stride;
      for (let j = 0; j < headDim; j++) to[row + j] = from[t * headDim + j];
    }
  });
}

/** Weights [Tq, Tk] of one head, and as they are used: after dropout. */
function attentionWeights(
  q: Place,
  k: Place,
  bias: tf.Tensor | undefined,
  plan: Plan,
  batch: number,
  head: number,
): { weights: tf.Tensor; used: tf.Tensor } {
  const { queries, keys, heads, dropout } = plan;
  const scores = matMul(take(q, queries, plan, batch, head), transpose(take(k, keys, plan, batch, head)));
  const given = bias ? [scores, bias] : [scores];
  const [weights] = compute(given, [scores.shape], ([scores, bias]: Floats[], [weights]) => {
    const { scale } = plan;
    const place = head * queries * keys;
    for (let s = 0; s < weights.length; s++) weights[s] = scores[s] * scale + (bias ? bias[place + s] : 0);
    softmaxRows(weights, plan, batch);
  });
  if (!dropout) return { weights, used: weights };
  const [used] = compute([weights], [weights.shape], ([weights], [used]) => {
    // From one head to the next whole tiles of the mask.
    fillDropoutMask(used, dropout, keys, (batch * heads + head) * 8 * Math.ceil(queries / 8));
    for (let s = 0; s < used.length; s++) used[s] *= weights[s];
  });
  return { weights, used };
}

/** Scores to their softmax over the keys that each query sees; a row that sees none is all zero. */
function softmaxRows(weights: Floats, plan: Plan, batch: number): void {
  const { queries, keys, causal, visible } = plan;
  for (let i = 0; i < queries; i++) {
    const start = i * keys;
    const end = start + (causal ? i + 1 + keys - queries : keys);
    const shift = batch * keys - start; // from a score's place to its key's in `visible`
    let largest = -Infinity;
    for (let s = start; s < end; s++) {
      if (weights[s] > largest && (!visible || visible[s + shift] !== 0)) largest = weights[s];
    }
    let sum = 0;
    for (let s = start; s < end; s++) {
      const e = !visible || visible[s + shift] !== 0 ? expOfNegative(weights[s] - largest) : 0;
      weights[s] = e;
      sum += e;
    }
    const factor = sum === 0 ? 0 : 1 / sum;
    for (let s = start; s < end; s++) weights[s] *= factor;
    weights.fill(0, end, start + keys);
  }
}
