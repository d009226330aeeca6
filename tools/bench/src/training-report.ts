// Results of the training benchmark and their tables.
import type { ContestantName, Precision, Timing } from './contestants.js';
import { describeCircumstances, type Circumstances } from './machine.js';
import type { Peak } from './peaks.js';
import { digits, geometricMean, percent, table, times } from './table.js';

/** Best of all rounds of one contestant on one workload. */
export interface Best {
  /** Fastest step in milliseconds. */
  ms: number;
  /** Fastest step of each round. */
  rounds: number[];
  /** Smallest peak resident memory of all rounds in bytes. */
  memory: number | undefined;
  parameters?: number;
}

export interface TrainingResults extends Circumstances {
  readonly threads: number;
  readonly steps: number;
  /** Complete rounds. */
  rounds: number;
  interrupted: boolean;
  /** Library and version, by contestant. */
  readonly versions: Partial<Record<ContestantName, string>>;
  readonly peaks: Partial<Record<Precision, Peak>>;
  readonly workloads: Record<string, WorkloadResults>;
  failures: Record<string, string>;
}

export interface WorkloadResults {
  /** Useful FLOPs of a step. */
  readonly flops: number;
  readonly best: Partial<Record<ContestantName, Best>>;
}

/** Merges a measurement into the best results. */
export function keepBest(
  best: Partial<Record<ContestantName, Best>>,
  name: ContestantName,
  { ms, memory, parameters }: Omit<Best, 'rounds'>,
): void {
  const before = best[name];
  best[name] = {
    ms: Math.min(ms, before?.ms ?? Infinity),
    rounds: [...(before?.rounds ?? []), ms],
    memory: smallest(memory, before?.memory),
    parameters,
  };
}

/** @throws Error when a contestant's number of parameters or FLOPs differs from the others' */
export function expectSameWork(
  { flops, best }: WorkloadResults,
  name: ContestantName,
  { parameters, gflop }: Pick<Timing, 'parameters' | 'gflop'>,
): void {
  for (const [other, known] of Object.entries(best)) {
    const theirs = known?.parameters;
    if (parameters === undefined || theirs === undefined || theirs === parameters) continue;
    throw new Error(`${name}: ${parameters} parameters, ${other} has ${theirs}: not the same model`);
  }
  // Printed values are rounded.
  if (gflop !== undefined && Math.abs(gflop / (flops / 1e9) - 1) > 0.03) {
    throw new Error(
      `${name}: ${digits(gflop)} GFLOP per step, expected ${digits(flops / 1e9)}: not the same workload`,
    );
  }
}

const LABELS: Readonly<Record<string, string>> = {
  ours: 'lilformer',
  'ours-bf16': 'lilformer bf16',
  eager: 'PyTorch',
  'eager-tuned': 'PyTorch tuned',
  compile: 'PyTorch compiled',
  'compile-tuned': 'PyTorch compiled, tuned',
  bf16: 'PyTorch bf16',
  'bf16-tuned': 'PyTorch bf16, tuned',
};

/** A contestant for people; lilformer on a further engine as `lilformer on wasm`. */
const labelOf = (name: ContestantName): string => LABELS[name] ?? `lilformer ${name.replace('-', ' ')}`;

const float32Peers = ['eager', 'eager-tuned', 'compile', 'compile-tuned'] as const;
const bf16Peers = ['bf16', 'bf16-tuned'] as const;

/** Tables of both precisions with the conditions of the measurement. */
export function trainingMarkdown(results: TrainingResults): string {
  const { versions, threads, steps, rounds, peaks } = results;
  const peak = (Object.entries(peaks) as [Precision, Peak][]).map(
    ([precision, { gflops, shape, by }]) =>
      `${precision} ${digits(gflops)} GFLOP/s (${shape.join('×')}, ${by})`,
  );
  const sides = [...new Set(Object.values(versions))].join('; ');
  const parts = [
    '# Time of one training step',
    describeCircumstances(results),
    `${sides}. ${threads} threads each; fastest of ${rounds} rounds of ${steps} steps (small workloads: as many as 100 GFLOP take) after two ` +
      `warm-up steps${results.interrupted ? ', stopped early' : ''}. Memory is the smallest peak resident memory of the process.`,
    `Fastest matrix product in the same run: ${peak.join('; ') || 'not measured'}.`,
    precisionTable(results, 'float32'),
    precisionTable(results, 'bf16'),
    ...Object.entries(results.failures).map(([name, why]) => `- ${name}: ${why.split('\n')[0]}`),
    `    ${results.command}`,
  ];
  return parts.filter((part) => part !== undefined).join('\n\n');
}

/** Table of one precision; undefined without measurements of lilformer. */
export function precisionTable(results: TrainingResults, precision: Precision): string | undefined {
  const own: ContestantName = precision === 'float32' ? 'ours' : 'ours-bf16';
  const everyone = Object.values(results.workloads);
  const ran = (name: ContestantName): boolean => everyone.some(({ best }) => best[name] !== undefined);
  if (!ran(own)) return undefined;
  const names = everyone.flatMap(({ best }) => Object.keys(best) as ContestantName[]);
  const engines = [...new Set(names.filter((name) => name.startsWith('on-')))];
  const peers: ContestantName[] = [
    ...(precision === 'float32' ? engines : []),
    ...(precision === 'float32' ? float32Peers : bf16Peers).filter(ran),
  ];
  const [withMemory] = peers;
  const peak = results.peaks[precision]?.gflops;
  const compared = [...(precision === 'bf16' && ran('ours') ? (['ours'] as const) : []), ...peers];

  const head = ['workload', `${labelOf(own)} ms`, 'GFLOP/s'];
  if (peak) head.push('of peak');
  head.push(...compared.map((name) => `${labelOf(name)} ms`), 'memory MB');
  if (withMemory) head.push(`${labelOf(withMemory)} MB`);
  const rows = Object.entries(results.workloads).map(([name, { flops, best }]) => {
    const ours = best[own];
    const gflops = ours && flops / ours.ms / 1e6;
    const row = [name, digits(ours?.ms), digits(gflops)];
    if (peak) row.push(percent(gflops && gflops / peak));
    row.push(...compared.map((peer) => withRatio(best[peer]?.ms, ours?.ms, digits)));
    row.push(digits(megabytes(ours)));
    if (withMemory) row.push(withRatio(megabytes(best[withMemory]), megabytes(ours), digits));
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
    ...(withMemory ? [mean(withMemory, ({ memory }) => memory)] : []),
  ];
  return table(head, compared.length > 0 ? [...rows, last] : rows);
}

/** Ratios of a peer's value to lilformer's, for each workload that both ran. */
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
