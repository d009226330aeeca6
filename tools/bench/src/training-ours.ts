// Times training steps of one workload with lilformer; called with a JSON task, prints one JSON line.
import { openFor } from './engine.js';
import type { Precision } from './contestants.js';
import { createTraining } from './training-step.js';
import { usefulFlops, type Workload } from './workloads.js';

interface Task {
  readonly name: string;
  readonly workload: Workload;
  readonly steps: number;
  readonly engine: string;
  readonly precision: Precision;
}

const task = JSON.parse(process.argv[2]) as Task;
const engine = await openFor(task.engine, task.precision);
const { model, step } = createTraining(task.workload);
const times: number[] = [];
let loss = NaN;
for (let i = 0; i < task.steps + 2; i++) {
  const start = performance.now();
  loss = step();
  times.push(performance.now() - start);
}
const fastest = Math.min(...times.slice(2));
console.log(
  JSON.stringify({
    peer: `lilformer on ${engine.describe()}`,
    workload: task.name,
    ms_min: fastest,
    gflops_best: usefulFlops(task.workload) / fastest / 1e6,
    parameters: model.parameterCount(),
    loss,
  }),
);
