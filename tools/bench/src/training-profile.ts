// A profile of one training step: a process of its own, told in JSON what to do; prints a table.
import { openFor } from './engine.js';
import type { Precision } from './contestants.js';
import { outside, Profiler, total, type Profile, type ProfileRow } from './profile.js';
import { digits, percent, table } from './table.js';
import { createTraining } from './training-step.js';
import { usefulFlops, type Workload } from './workloads.js';

interface Task {
  readonly name: string;
  readonly workload: Workload;
  readonly steps: number;
  readonly engine: string;
  readonly precision: Precision;
}

/** Rows below this share of the step are summed up in one. */
const SMALLEST_SHARE = 0.003;

/** Rows longer than this tell how fast a product, or memory, can be; shorter ones are within the clock's noise. */
const LONG_ENOUGH_MS = 0.5;

const task = JSON.parse(process.argv[2]) as Task;
const engine = await openFor(task.engine, task.precision);
const training = createTraining(task.workload);
let bare = Infinity; // without timers, to tell what they cost
for (let i = 0; i < task.steps + 2; i++) {
  const start = performance.now();
  training.step();
  if (i >= 2) bare = Math.min(bare, performance.now() - start);
}

const profiler = new Profiler();
const { model } = training;
const loss = model.loss.bind(model);
model.loss = (...given) => {
  const value = loss(...given);
  profiler.phase('backward');
  return value;
};
let best: Profile | undefined;
for (let i = 0; i < task.steps + 2; i++) {
  training.step((phase) => profiler.phase(phase === 'gradients' ? 'forward' : phase));
  const profile = profiler.take();
  if (i >= 2 && (best === undefined || total(profile) < total(best))) best = profile;
}
print(best!);

function print(profile: Profile): void {
  const whole = total(profile);
  const javascript = [...profile.phases.keys()].map((phase) => ({
    phase,
    operation: 'JavaScript',
    sizes: '',
    calls: undefined as number | undefined,
    ms: outside(profile, phase),
    flops: 0,
    bytes: 0,
  }));
  const rows = [...profile.rows, ...javascript].sort((a, b) => b.ms - a.ms);
  const shown = rows.filter(({ ms }) => ms >= whole * SMALLEST_SHARE);
  const hidden = rows.slice(shown.length);
  const gflops = usefulFlops(task.workload) / whole / 1e6;
  const phases = [...profile.phases].map(([name, ms]) => `${name} ${percent(ms / whole)}`).join(', ');
  const inJavaScript = javascript.reduce((sum, { ms }) => sum + ms, 0);
  const lines = [
    `${task.name} | ${task.precision} on ${engine.describe()} | fastest of ${task.steps} steps: ${digits(whole)} ms, ` +
      `${digits(gflops)} GFLOP/s (without timers ${digits(bare)} ms) | ${phases}`,
    '',
    table(
      ['operation', 'sizes', 'phase', 'calls', 'ms', 'share', 'GFLOP/s', 'GB/s'],
      [
        ...shown.map(({ operation, sizes, phase, calls, ms, flops, bytes }) => [
          operation,
          sizes,
          phase,
          calls?.toString() ?? '',
          digits(ms),
          `${((ms / whole) * 100).toFixed(1)} %`,
          flops > 0 ? digits(flops / ms / 1e6) : '',
          bytes > 0 ? digits(bytes / ms / 1e6) : '',
        ]),
        [
          `${hidden.length} smaller rows`,
          '',
          '',
          String(hidden.reduce((sum, { calls }) => sum + (calls ?? 0), 0)),
          digits(hidden.reduce((sum, { ms }) => sum + ms, 0)),
          '',
          '',
          '',
        ],
      ],
    ),
    '',
    `Outside of kernels: ${percent(inJavaScript / whole)}. Next to speed up: ${next(rows)}.`,
    '',
  ];
  console.log(lines.join('\n'));
}

/**
 * The operation, all phases and sizes together, with the most to gain: the time it takes beyond what its products
 * would take at the rate of the fastest product of this profile, and its arrays at that of the fastest pass.
 */
function next(rows: readonly (Omit<ProfileRow, 'calls'> & { calls?: number })[]): string {
  const fastest = (amount: 'flops' | 'bytes'): number =>
    Math.max(...rows.map((row) => (row.ms < LONG_ENOUGH_MS ? 0 : row[amount] / row.ms)), Number.MIN_VALUE);
  const rates = { flops: fastest('flops'), bytes: fastest('bytes') };
  const gains = new Map<string, number>();
  for (const { operation, ms, flops, bytes } of rows) {
    const least = Math.max(flops / rates.flops, bytes / rates.bytes);
    gains.set(operation, (gains.get(operation) ?? 0) + Math.max(0, ms - least));
  }
  const [operation, gain] = [...gains].sort((a, b) => b[1] - a[1])[0];
  return `${operation}, ${digits(gain)} ms more than at the fastest rates in this table`;
}
