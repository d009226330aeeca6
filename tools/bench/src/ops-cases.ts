// Operations of a training step with their shapes, number of calls and FLOPs.
import { tf } from '@lilformer/engine';
import * as ops from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import type { RecurrentWorkload, TransformerWorkload, Workload } from './workloads.js';

export interface OperationCase {
  readonly name: string;
  /** Calls per step; 0 for what only users' models contain. */
  readonly calls: number;
  /** Useful FLOPs of the matrix products, forward and backward; 0 for memory-bound operations. */
  readonly flops: number;
  /** Bytes read and written, forward and backward; default: each array once per direction. */
  readonly bytes?: number;
  /** Shapes of the differentiable arguments. */
  readonly shapes: readonly (readonly number[])[];
  run(...inputs: tf.Tensor[]): tf.Tensor;
}

/** Operations of a training step, without the optimizer's. */
export function operationCases(workload: Workload, random: Random): OperationCase[] {
  const { vocab, d, seq, batch } = workload;
  const tokens = batch * seq;
  const ids = (): tf.Tensor2D =>
    tf.tensor2d(
      Int32Array.from({ length: tokens }, () => random.integer(vocab)),
      [batch, seq],
      'int32',
    );
  const [input, target] = [ids(), ids()];
  const width = 'hidden' in workload ? workload.hidden : d;
  const bias = workload.kind === 'transformer' ? [] : [[vocab]];
  const positions = workload.kind === 'transformer';
  return [
    {
      name: positions ? 'embedding with positions' : 'embedding',
      calls: 1,
      flops: 0,
      bytes: 4 * tokens * d * 5, // read, write; backward: read, read, write
      shapes: positions
        ? [
            [vocab, d],
            [seq, d],
          ]
        : [[vocab, d]],
      run: (table, positions) =>
        positions ? ops.embeddingWithPositions(input, table, positions, 0) : ops.embedding(input, table),
    },
    ...(workload.kind === 'transformer' ? [...blockCases(workload), rotaryCase(workload)] : []),
    ...(workload.kind === 'rnn' || workload.kind === 'gru' ? recurrentCases(workload) : []),
    {
      name: 'output projection and cross-entropy',
      calls: 1,
      flops: 6 * tokens * width * vocab,
      shapes: [[batch, seq, width], [vocab, width], ...bias],
      run: (x, w, b?: tf.Tensor) => ops.linearCrossEntropy(x, w, b, target),
    },
  ];
}

function blockCases(w: TransformerWorkload): OperationCase[] {
  const { d, ff, layers, heads, seq, batch, act } = w;
  const tokens = batch * seq;
  const x = [batch, seq, d];
  const norm = w.norm === 'rms' ? [[d]] : [[d], [d]];
  const linear = (
    name: string,
    from: number,
    to: number,
    withBias: boolean,
    activation?: ops.Activation,
  ): OperationCase => ({
    name: `${name} ${from} → ${to}${activation ? `, ${activation}` : ''}`,
    calls: layers,
    flops: 6 * tokens * from * to,
    shapes: [[batch, seq, from], [to, from], ...(withBias ? [[to]] : [])],
    run: (x, weight, bias) => ops.linear(x, weight, bias, activation),
  });
  const mask = w.dropout > 0 ? { rate: w.dropout, seed: 1, counter: 1 } : undefined;
  return [
    {
      name: `${w.norm === 'rms' ? 'RMS' : 'layer'} norm`,
      calls: layers + 1,
      flops: 0,
      shapes: [x, ...norm],
      run: (x, g, b) => (b ? ops.layerNorm(x, g, b) : ops.rmsNorm(x, g)),
    },
    linear('queries, keys, values', d, 3 * d, false),
    {
      name: `attention, ${heads} heads of ${d / heads}${mask ? ', dropout' : ''}`,
      calls: layers,
      flops: 12 * batch * seq ** 2 * d,
      shapes: [[batch, seq, 3 * d]],
      run: (qkv) => ops.attentionPacked(qkv, { heads, causal: true, dropout: mask }).output,
    },
    linear('attention out', d, d, false),
    {
      name: mask ? 'residual with dropout' : 'residual and norm',
      calls: layers,
      flops: 0,
      shapes: mask ? [x, x] : [x, x, ...norm],
      run: (x, y, g, b) => {
        if (mask) return ops.residual(x, y, mask);
        return (b ? ops.addLayerNorm(x, y, g, b) : ops.addRmsNorm(x, y, g))[1];
      },
    },
    ...((w.experts ?? 1) > 1
      ? [expertsCase(w)]
      : [linear('up', d, ff, true, act), linear('down', ff, d, true)]),
    {
      name: mask ? 'second residual with dropout' : 'second residual',
      calls: layers,
      flops: 0,
      shapes: [x, x],
      run: (x, y) => ops.residual(x, y, mask),
    },
  ];
}

/** Rotary positions as a user writes them, in plain TensorFlow.js operations with broadcasts. */
function rotaryCase({ d, heads, seq, batch }: TransformerWorkload): OperationCase {
  const half = d / heads / 2;
  const frequencies = tf.pow(1e4, tf.div(tf.range(0, half), -half));
  const angles = tf.outerProduct(tf.range(0, seq), frequencies as tf.Tensor1D); // [T, C/2]
  const [cos, sin] = [tf.cos(angles), tf.sin(angles)];
  return {
    name: `rotary positions in plain operations, ${heads} heads of ${2 * half}`,
    calls: 0,
    flops: 0,
    shapes: [[batch, heads, seq, 2 * half]],
    run: (x) => {
      const [a, b] = tf.split(x, 2, -1); // [B, H, T, C/2]
      return tf.concat([tf.sub(tf.mul(a, cos), tf.mul(b, sin)), tf.add(tf.mul(a, sin), tf.mul(b, cos))], -1);
    },
  };
}

/** Tokens are assigned to experts in turn; the small product of the router is not included. */
function expertsCase({ d, ff, layers, seq, batch, act, experts = 1 }: TransformerWorkload): OperationCase {
  const tokens = batch * seq;
  const route = (): tf.Tensor1D =>
    tf.tensor1d(
      Int32Array.from({ length: tokens }, (_, i) => i % experts),
      'int32',
    );
  const expertFunctions = (weights: tf.Tensor[]): ((rows: tf.Tensor) => tf.Tensor)[] =>
    Array.from({ length: experts }, (_, i) => {
      const [up, upBias, down, downBias] = weights.slice(4 * i, 4 * i + 4);
      return (rows) => ops.linear(ops.linear(rows, up, upBias, act), down, downBias);
    });
  return {
    name: `${experts} experts ${d} → ${ff} → ${d}, ${act}`,
    calls: layers,
    flops: 6 * tokens * 2 * d * ff,
    shapes: [[tokens, d], ...Array.from({ length: experts }, () => [[ff, d], [ff], [d, ff], [d]]).flat()],
    run: (x, ...weights) => ops.dispatchToExperts(x, route(), expertFunctions(weights)),
  };
}

function recurrentCases({ kind, d, hidden, layers, seq, batch }: RecurrentWorkload): OperationCase[] {
  const gates = kind === 'gru' ? 3 : 1;
  const op = kind === 'gru' ? ops.gru : ops.rnn;
  return Array.from({ length: layers }, (_, layer) => {
    const inputs = layer === 0 ? d : hidden;
    return {
      name: `${kind} over the sequence, ${inputs} → ${hidden}`,
      calls: 1,
      flops: 6 * batch * seq * gates * hidden * (inputs + hidden),
      shapes: [
        [batch, seq, inputs],
        [gates * hidden, inputs],
        [gates * hidden, hidden],
        [gates * hidden],
        [gates * hidden],
      ],
      run: (x, weightIh, weightHh, biasIh, biasHh) => op(x, { weightIh, weightHh, biasIh, biasHh }).output,
    };
  });
}
