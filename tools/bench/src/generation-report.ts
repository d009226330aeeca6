// Results of the generation benchmark and their table.
import { BATCH, NEW_TOKENS, PROMPT } from './generation-models.js';
import { describeCircumstances, type Circumstances } from './machine.js';
import { digits, geometricMean, percent, table, times } from './table.js';

/** Best of all rounds; memory is the smallest peak resident memory in bytes. */
export interface GenerationBest {
  promptMs: number;
  loadMs?: number;
  tokensPerSecond: number;
  /** Without the sampling library; lilformer only. */
  modelTokensPerSecond?: number;
  memory?: number;
  parameters: number;
}

export interface GenerationResults extends Circumstances {
  readonly threads: number;
  readonly repeats: number;
  rounds: number;
  interrupted: boolean;
  readonly versions: { ours?: string; transformers?: string };
  /** Memory bandwidth of all threads in GB/s, in the same run. */
  bandwidth: number | undefined;
  /** GFLOP/s of the fastest matrix product in the same run. */
  peak?: number;
  readonly models: Record<string, GenerationModel>;
  failures: Record<string, string>;
}

export interface GenerationModel {
  ours?: GenerationBest;
  transformers?: GenerationBest;
  /** Bytes of weights read per token. */
  weightBytes?: number;
  /** FLOPs of the prompt. */
  promptFlops?: number;
  /** Number of leading tokens that are equal on both sides. */
  same?: number;
}

/** Merges a measurement into the best results. */
export function betterOf(before: GenerationBest | undefined, now: GenerationBest): GenerationBest {
  if (!before) return now;
  const of = (better: (a: number, b: number) => number) => (a: number | undefined, b: number | undefined) =>
    a === undefined || b === undefined ? (a ?? b) : better(a, b);
  const [least, most] = [of(Math.min), of(Math.max)];
  return {
    promptMs: Math.min(before.promptMs, now.promptMs),
    loadMs: least(before.loadMs, now.loadMs),
    tokensPerSecond: Math.max(before.tokensPerSecond, now.tokensPerSecond),
    modelTokensPerSecond: most(before.modelTokensPerSecond, now.modelTokensPerSecond),
    memory: least(before.memory, now.memory),
    parameters: now.parameters,
  };
}

/** Table with the conditions of the measurement. */
export function generationMarkdown(results: GenerationResults): string {
  const { threads, rounds, repeats, versions, bandwidth, peak } = results;
  return [
    '# Time of loading and generation',
    describeCircumstances(results),
    `${Object.values(versions).join('; ')}. Random weights, the same files, greedy, key-value cache, batch size 1: a prompt of ` +
      `${PROMPT} tokens, then ${NEW_TOKENS - 1} timed tokens (encoder-only models: ${BATCH} prompts of ${PROMPT} tokens). ${threads} threads each; ` +
      `fastest of ${rounds} rounds of ${repeats} (lilformer: for at least one second)${results.interrupted ? ', stopped early' : ''}. ` +
      'In bf16 rows both sides have weights and matrix products in bf16.',
    `"of bandwidth": bytes of the weights read per token at the speed of "model alone", relative to the measured memory bandwidth of ` +
      `${digits(bandwidth) ?? '?'} GB/s (above 100 %: weights stay in the caches). "of peak": matrix products of the prompt relative to ` +
      `the fastest float32 product, ${digits(peak) ?? '?'} GFLOP/s. "same tokens": number of leading tokens equal on both sides.`,
    generationTable(results),
    ...Object.entries(results.failures).map(([name, why]) => `- ${name}: ${why.split('\n')[0]}`),
    `    ${results.command}`,
  ].join('\n\n');
}

export function generationTable({ models, bandwidth, peak }: GenerationResults): string {
  const all = Object.values(models);
  const raced = all.some(({ transformers }) => transformers);
  const head = [
    'model',
    'lilformer tok/s',
    'model alone',
    'of bandwidth',
    'prompt ms',
    'of peak',
    'load ms',
    'memory MB',
  ];
  if (raced) head.push('transformers tok/s', 'prompt ms', 'load ms', 'memory MB', 'same tokens');
  const rows = Object.entries(models).map(
    ([name, { ours, transformers, weightBytes, promptFlops, same }]) => {
      const read = ours?.modelTokensPerSecond && weightBytes && ours.modelTokensPerSecond * weightBytes;
      const row = [
        name,
        digits(ours?.tokensPerSecond),
        digits(ours?.modelTokensPerSecond),
        percent(read && bandwidth ? read / bandwidth / 1e9 : undefined),
        digits(ours?.promptMs),
        percent(ours && promptFlops && peak ? promptFlops / ours.promptMs / 1e6 / peak : undefined),
        digits(ours?.loadMs),
        digits(megabytes(ours)),
      ];
      if (!raced) return row;
      // Ratios above 1 mean that lilformer is faster or smaller.
      return [
        ...row,
        withRatio(transformers?.tokensPerSecond, ours?.tokensPerSecond, (a, b) => b / a),
        withRatio(transformers?.promptMs, ours?.promptMs, (a, b) => a / b),
        withRatio(transformers?.loadMs, ours?.loadMs, (a, b) => a / b),
        withRatio(megabytes(transformers), megabytes(ours), (a, b) => a / b),
        same?.toString(),
      ];
    },
  );
  if (raced) {
    const mean = (ratio: (theirs: GenerationBest, ours: GenerationBest) => number | undefined) =>
      times(
        geometricMean(
          all.flatMap(({ ours, transformers }) => (ours && transformers && ratio(transformers, ours)) ?? []),
        ),
      ) ?? '';
    rows.push([
      'geometric mean',
      ...['', '', '', '', '', '', ''],
      mean((theirs, ours) => ours.tokensPerSecond / theirs.tokensPerSecond),
      mean((theirs, ours) => theirs.promptMs / ours.promptMs),
      mean((theirs, ours) => theirs.loadMs && ours.loadMs && theirs.loadMs / ours.loadMs),
      mean((theirs, ours) => theirs.memory && ours.memory && theirs.memory / ours.memory),
      '',
    ]);
  }
  return table(head, rows);
}

function megabytes(best: GenerationBest | undefined): number | undefined {
  return best?.memory === undefined ? undefined : best.memory / 1e6;
}

function withRatio(
  theirs: number | undefined,
  ours: number | undefined,
  ratio: (theirs: number, ours: number) => number,
): string | undefined {
  if (theirs === undefined) return undefined;
  return ours === undefined ? digits(theirs) : `${digits(theirs)} (${times(ratio(theirs, ours))})`;
}
