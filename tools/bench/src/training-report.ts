// What the training race found, kept as plain data, and the tables made from it. Leaves out the race itself.
import type { ContestantName, Precision, Timing } from './contestants.js';
import { describeCircumstances, type Circumstances } from './machine.js';
import type { Peak } from './peaks.js';
import { digits, geometricMean, percent, table, times } from './table.js';

/** One contestant on one workload: the best of all rounds. */
export interface Best {
  /** Fastest step of all rounds, in milliseconds. */
  ms: number;
  /** Fastest step of each round. */
  rounds: number[];
  /** Smallest high-water mark of resident memory of all rounds, in bytes. */
  memory: number | undefined;
  parameters?: number;
  loss?: number;
}

/** Everything that was measured. */
export interface TrainingResults extends Circumstances {
  readonly threads: number;
  readonly steps: number;
  /** Rounds that are complete. */
  rounds: number;
  interrupted: boolean;
  /** Library and version, by contestant. */
  readonly versions: Partial<Record<ContestantName, string>>;
  readonly peaks: Partial<Record<Precision, Peak>>;
  readonly workloads: Record<string, WorkloadResults>;
  failures: Record<string, string>;
}

export interface WorkloadResults {
  /** Useful floating-point operations of a step. */
  readonly flops: number;
  readonly best: Partial<Record<ContestantName, Best>>;
}

/** Keeps the better of what is known and one more measurement. */
export function keepBest(
  best: Partial<Record<ContestantName, Best>>,
  name: ContestantName,
  { ms, memory, parameters, loss }: Omit<Best, 'rounds'>,
): void {
  const before = best[name];
  best[name] = {
    ms: Math.min(ms, before?.ms ?? Infinity),
    rounds: [...(before?.rounds ?? []), ms],
    memory: smallest(memory, before?.memory),
    parameters,
    loss,
  };
}

/**
 * Complains when a contestant trains another number of values than those before, or counts another number of
 * operations: then it is not the same work.
 * @throws Error that names both counts
 */
export function expectSameWork(
  { flops, best }: WorkloadResults,
  name: ContestantName,
  { parameters, gflop }: Pick<Timing, 'parameters' | 'gflop'>,
): void {
  for (const [other, { parameters: theirs }] of Object.entries(best)) {
    if (parameters === undefined || theirs === undefined || theirs === parameters) continue;
    throw new Error(`${name} trains ${parameters} values, ${other} ${theirs}: not the same model`);
  }
  // What they print is rounded.
  if (gflop !== undefined && Math.abs(gflop / (flops / 1e9) - 1) > 0.03) {
    throw new Error(
      `${name} counts ${digits(gflop)} GFLOP a step, expected ${digits(flops / 1e9)}: not the same workload`,
    );
  }
}

const labels: Record<ContestantName, string> = {
  ours: 'lilformer',
  'ours-bf16': 'lilformer bf16',
  eager: 'PyTorch',
  'eager-tuned': 'PyTorch tuned',
  compile: 'PyTorch compiled',
  'compile-tuned': 'PyTorch compiled, tuned',
  bf16: 'PyTorch bf16',
  'bf16-tuned': 'PyTorch bf16, tuned',
  study: 'yardstick',
};

const float32Peers = ['eager', 'eager-tuned', 'compile', 'compile-tuned', 'study'] as const;
const bf16Peers = ['bf16', 'bf16-tuned'] as const;

/** Both tables with everything one has to know to read them. */
export function trainingMarkdown(results: TrainingResults): string {
  const { versions, threads, steps, rounds, peaks } = results;
  const peak = (Object.entries(peaks) as [Precision, Peak][]).map(
    ([precision, { gflops, shape, by }]) =>
      `${precision} ${digits(gflops)} GFLOP/s (${shape.join('×')}, ${by})`,
  );
  const sides = [...new Set(Object.values(versions))].join('; ');
  const parts = [
    '# One training step, side by side',
    describeCircumstances(results),
    `${sides}. ${threads} threads each; fastest of ${rounds} rounds of ${steps} steps (of small workloads as many as make 100 GFLOP) after two to warm up` +
      `${results.interrupted ? ', stopped early' : ''}. Memory: the smallest of the rounds' high-water marks of the whole process.`,
    `The machine's matrix product in the same run: ${peak.join('; ') || 'not measured'}.`,
    precisionTable(results, 'float32'),
    precisionTable(results, 'bf16'),
    ...Object.entries(results.failures).map(([name, why]) => `- ${name}: ${why.split('\n')[0]}`),
    `    ${results.command}`,
  ];
  return parts.filter((part) => part !== undefined).join('\n\n');
}

/** The table of one precision; undefined when we were not measured in it. */
export function precisionTable(results: TrainingResults, precision: Precision): string | undefined {
  const own: ContestantName = precision === 'float32' ? 'ours' : 'ours-bf16';
  const everyone = Object.values(results.workloads);
  const took = (name: ContestantName): boolean => everyone.some(({ best }) => best[name] !== undefined);
  if (!took(own)) return undefined;
  const peers: ContestantName[] = (precision === 'float32' ? float32Peers : bf16Peers).filter(took);
  const heaviest = peers.find((name) => name !== 'study'); // whose memory is shown
  const peak = results.peaks[precision]?.gflops;
  const compared = [...(precision === 'bf16' && took('ours') ? (['ours'] as const) : []), ...peers];

  const head = ['workload', `${labels[own]} ms`, 'GFLOP/s'];
  if (peak) head.push('of peak');
  head.push(...compared.map((name) => `${labels[name]} ms`), 'memory MB');
  if (heaviest) head.push(`${labels[heaviest]} MB`);
  const rows = Object.entries(results.workloads).map(([name, { flops, best }]) => {
    const ours = best[own];
    const gflops = ours && flops / ours.ms / 1e6;
    const row = [name, digits(ours?.ms), digits(gflops)];
    if (peak) row.push(percent(gflops && gflops / peak));
    row.push(...compared.map((peer) => withRatio(best[peer]?.ms, ours?.ms, digits)));
    row.push(digits(megabytes(ours)));
    if (heaviest) row.push(withRatio(megabytes(best[heaviest]), megabytes(ours), digits));
    return row;
  });
  const mean = (name: ContestantName, value: (best: Best) => number | undefined): string | undefined =>
    times(geometricMean(ratios(everyone, own, name, value)));
  const means = ['geometric mean', '', ''];
  if (peak) means.push('');
  const last = [
    ...means,
    ...compared.map((name) => mean(name, ({ ms }) => ms)),
    '',
    ...(heaviest ? [mean(heaviest, ({ memory }) => memory)] : []),
  ];
  return table(head, compared.length > 0 ? [...rows, last] : rows);
}

/** How many times a peer takes what we take, on each workload that both ran. */
export function ratios(
  workloads: readonly WorkloadResults[],
  own: ContestantName,
  peer: ContestantName,
  value: (best: Best) => number | undefined,
): number[] {
  return workloads.flatMap(({ best }) => {
    const [a, b] = [best[own], best[peer]].map((one) => one && value(one));
    return a === undefined || b === undefined ? [] : [b / a];
  });
}

function withRatio(
  theirs: number | undefined,
  ours: number | undefined,
  show: (value: number) => string | undefined,
): string | undefined {
  if (theirs === undefined) return undefined;
  return ours === undefined ? show(theirs) : `${show(theirs)} (${times(theirs / ours)})`;
}

function megabytes(best: Best | undefined): number | undefined {
  return best?.memory === undefined ? undefined : best.memory / 1e6;
}

function smallest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.min(a, b);
}
