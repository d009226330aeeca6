// Times the operations of one workload, forward and backward, and a whole step; called with a JSON task, prints a table.
import { tf } from '@lilformer/engine';
import { adamWStep, clipByGlobalNorm, createAdamState } from '@lilformer/ops';
import { Random } from '@lilformer/random';
import { openFor } from './engine.js';
import type { Precision } from './contestants.js';
import { operationCases, type OperationCase } from './ops-cases.js';
import { digits, table } from './table.js';
import { createTraining } from './training-step.js';
import { usefulFlops, type Workload } from './workloads.js';

interface Task {
  readonly name: string;
  readonly workload: Workload;
  readonly engine: string;
  readonly precision: Precision;
  /** Approximate time per operation. */
  readonly ms: number;
}

interface Timed {
  readonly forward: number;
  readonly backward: number;
}

const task = JSON.parse(process.argv[2]) as Task;
const engine = await openFor(task.engine, task.precision);
const random = new Random(0);

const { step, parameters } = createTraining(task.workload);
const stepMs = fastest(() => step());
const rows: { name: string; calls: number; timed: Timed; flops: number; bytes: number }[] = [];
for (const one of operationCases(task.workload, random)) {
  const inputs = one.shapes.map(randomTensor);
  rows.push({ ...one, timed: time(one, inputs), bytes: one.bytes ?? bytesOf(one, inputs) });
  tf.dispose(inputs);
}
rows.push(...optimizerRows());
print();

/** Fastest forward pass, and the time of a gradient minus the forward pass. */
function time(one: OperationCase, inputs: tf.Tensor[]): Timed {
  const dy = tf.tidy(() => {
    const shape = one.run(...inputs).shape;
    return shape.length === 0 ? tf.scalar(1) : randomTensor(shape);
  });
  const forward = fastest(() => one.run(...inputs));
  const both = fastest(() => tf.grads((...given: tf.Tensor[]) => one.run(...given))(inputs, dy));
  dy.dispose();
  return { forward, backward: Math.max(0, both - forward) };
}

function fastest(work: () => unknown): number {
  let best = Infinity;
  const began = performance.now();
  for (let i = 0; i < 3 || performance.now() - began < task.ms; i++) {
    const start = performance.now();
    tf.tidy(() => void work());
    if (i > 0) best = Math.min(best, performance.now() - start);
  }
  return best;
}

function randomTensor(shape: readonly number[]): tf.Tensor {
  const values = new Float32Array(tf.util.sizeFromShape([...shape]));
  random.fillUniform(values, -0.1, 0.1);
  return tf.tensor(values, [...shape]);
}

/** Forward: inputs and output; backward: inputs, their gradients, and the gradient of the output. */
function bytesOf(one: OperationCase, inputs: tf.Tensor[]): number {
  const output = tf.tidy(() => one.run(...inputs).size);
  const input = inputs.reduce((sum, { size }) => sum + size, 0);
  return 4 * (input + output + 2 * input + output);
}

function optimizerRows(): typeof rows {
  const variables = [...parameters.values()].map(({ variable }) => variable);
  const gradients = variables.map(({ shape }) => randomTensor(shape));
  const state = createAdamState(variables);
  const size = variables.reduce((sum, variable) => sum + variable.size, 0);
  const clip = fastest(() => clipByGlobalNorm(gradients, 1));
  const adamW = fastest(() => adamWStep(variables, gradients, state, { learningRate: 1e-6 }));
  tf.dispose(gradients);
  const row = (name: string, ms: number, arrays: number): (typeof rows)[number] => ({
    name,
    calls: 1,
    timed: { forward: ms, backward: 0 },
    flops: 0,
    bytes: 4 * size * arrays,
  });
  // AdamW reads weight, gradient and both moments, and writes all but the gradient.
  return [row('gradient norm', clip, 1), row('AdamW', adamW, 7)];
}

function print(): void {
  const head = ['operation', 'calls', 'forward ms', 'backward ms', 'GFLOP/s', 'GB/s', 'share of step'];
  const ofStep = (ms: number): string => `${((ms / stepMs) * 100).toFixed(1)} %`;
  let sum = 0;
  const lines = rows.map(({ name, calls, timed, flops, bytes }) => {
    const ms = timed.forward + timed.backward;
    sum += calls * ms;
    return [
      name,
      String(calls),
      digits(timed.forward),
      timed.backward > 0 ? digits(timed.backward) : '',
      flops > 0 ? digits(flops / ms / 1e6) : '',
      flops > 0 ? '' : digits(bytes / ms / 1e6),
      ofStep(calls * ms),
    ];
  });
  const gflops = usefulFlops(task.workload) / stepMs / 1e6;
  console.log(
    `${task.name} | ${task.precision} on ${engine.describe()} | step: ${digits(stepMs)} ms, ${digits(gflops)} GFLOP/s\n\n` +
      `${table(head, [...lines, ['total', '', '', '', '', '', ofStep(sum)]])}\n`,
  );
}
