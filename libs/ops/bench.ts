// Times training steps written with these operations, side by side with the same steps as plain tfjs operations
// (the references). Not part of the package. From this folder:
//   node --conditions=@lilformer/source --import tsx bench.ts [name] [batch] [--plain]
// GFLOP/s counts the useful arithmetic: three products of every weight matrix with every token (forward, and two
// backward) and the full score matrices.
import { openEngine, tf } from '@lilformer/engine';
import * as ops from './src/index.js';

interface Workload {
  vocab: number;
  d: number;
  seq: number;
  batch: number;
  layers: number;
  heads: number;
  ff: number;
  norm: 'layer' | 'rms';
  act: 'relu' | 'gelu';
}

const workloads: Record<string, Workload> = {
  'evolution-bigram': {
    vocab: 4096,
    d: 128,
    seq: 256,
    batch: 8,
    layers: 0,
    heads: 0,
    ff: 0,
    norm: 'rms',
    act: 'relu',
  },
  'evolution-gpt': {
    vocab: 4096,
    d: 128,
    seq: 256,
    batch: 8,
    layers: 2,
    heads: 2,
    ff: 512,
    norm: 'layer',
    act: 'relu',
  },
  'shakespeare-baseline': {
    vocab: 500,
    d: 128,
    seq: 64,
    batch: 64,
    layers: 2,
    heads: 4,
    ff: 256,
    norm: 'rms',
    act: 'gelu',
  },
  'hyper-base': {
    vocab: 65,
    d: 64,
    seq: 128,
    batch: 16,
    layers: 4,
    heads: 4,
    ff: 256,
    norm: 'layer',
    act: 'relu',
  },
};

/** The same names, as plain compositions; but for the embedding, which as one-hot rows would be unfairly slow. */
const plainOps = {
  ...ops,
  linear: ops.linearReference,
  layerNorm: ops.layerNormReference,
  rmsNorm: ops.rmsNormReference,
  crossEntropy: ops.crossEntropyReference,
  attentionPacked: (qkv: tf.Tensor, options: ops.AttentionOptions) => {
    const [q, k, v] = tf.split(qkv, 3, 2);
    return ops.attentionReference(q, k, v, options);
  },
};

function flops({ vocab, d, seq, batch, layers, heads, ff }: Workload): number {
  const tokens = batch * seq;
  const matrices = vocab * d + layers * (4 * d * d + 2 * d * ff);
  const scores = heads ? layers * 2 * 2 * tokens * seq * d : 0;
  return 3 * (2 * tokens * matrices + scores);
}

function makeStep(w: Workload, o: typeof ops): () => number {
  const variables: tf.Variable[] = [];
  const variable = (...shape: number[]): tf.Variable => {
    const made = tf.variable(shape.length === 1 ? tf.ones(shape) : tf.randomNormal(shape, 0, 0.02));
    variables.push(made);
    return made;
  };
  const table = variable(w.vocab, w.d);
  const blocks = Array.from({ length: w.layers }, () => ({
    n1: variable(w.d), b1: variable(w.d), qkv: variable(3 * w.d, w.d), out: variable(w.d, w.d),
    n2: variable(w.d), b2: variable(w.d), up: variable(w.ff, w.d), upBias: variable(w.ff), down: variable(w.d, w.ff), downBias: variable(w.d),
  })); // prettier-ignore
  const head = variable(w.vocab, w.d);
  const headBias = variable(w.vocab);
  const state = ops.createAdamState(variables);
  const ids = tf.tensor2d(
    Int32Array.from({ length: w.batch * w.seq }, (_, i) => (i * 7919) % w.vocab),
    [w.batch, w.seq],
    'int32',
  );
  const targets = tf.tensor2d(
    Int32Array.from({ length: w.batch * w.seq }, (_, i) => (i * 104729) % w.vocab),
    [w.batch, w.seq],
    'int32',
  );
  const norm = (x: tf.Tensor, g: tf.Tensor, b: tf.Tensor): tf.Tensor =>
    w.norm === 'rms' ? o.rmsNorm(x, g) : o.layerNorm(x, g, b);
  const loss = (): tf.Scalar => {
    let x = o.embedding(ids, table);
    for (const b of blocks) {
      const { output } = o.attentionPacked(o.linear(norm(x, b.n1, b.b1), b.qkv), {
        heads: w.heads,
        causal: true,
      });
      x = tf.add(x, o.linear(output, b.out));
      x = tf.add(x, o.linear(o.linear(norm(x, b.n2, b.b2), b.up, b.upBias, w.act), b.down, b.downBias));
    }
    return o.crossEntropy(o.linear(x, head, headBias), targets) as tf.Scalar;
  };
  return () =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(loss, variables);
      const gradients = variables.map((v) => grads[v.name]);
      const { scale } = ops.clipByGlobalNorm(gradients, 1);
      ops.adamWStep(variables, gradients, state, { learningRate: 1e-3, gradientScale: scale });
      return value.dataSync()[0];
    });
}

const [name, batch] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const engine = await openEngine();
console.log(engine.describe());
for (const [key, base] of Object.entries(workloads)) {
  if (name && name !== 'all' && name !== key) continue;
  const w = { ...base, batch: batch ? Number(batch) : base.batch };
  for (const [kind, o, rounds] of [
    ['ops', ops, 8],
    ['plain', plainOps as typeof ops, 3],
  ] as const) {
    if (kind === 'plain' && !process.argv.includes('--plain')) continue;
    const step = makeStep(w, o);
    const first = step();
    step();
    const tensors = tf.memory().numTensors;
    let best = Infinity;
    let bestWork = Infinity; // processor time: tells more than wall time where others are at work
    let last = 0;
    for (let i = 0; i < rounds; i++) {
      const start = performance.now();
      const startWork = process.cpuUsage();
      last = step();
      const { user, system } = process.cpuUsage(startWork);
      best = Math.min(best, performance.now() - start);
      bestWork = Math.min(bestWork, (user + system) / 1e3);
    }
    const leaked = tf.memory().numTensors - tensors;
    console.log(
      `${key} batch ${w.batch} | ${kind.padEnd(5)} | ${best.toFixed(0).padStart(5)} ms | ` +
        `${(flops(w) / best / 1e6).toFixed(2)} GFLOP/s | ` +
        `processor ${bestWork.toFixed(0)} ms | loss ${first.toFixed(3)} -> ${last.toFixed(3)} | leaked ${leaked}`,
    );
    tf.disposeVariables();
  }
}
