// What the generation race found, kept as plain data, and the table made from it. Leaves out the race itself.
import { PROMPT, TEXTS, WRITTEN } from './generation-models.js';
import { describeCircumstances, type Circumstances } from './machine.js';
import { digits, geometricMean, percent, table, times } from './table.js';

/** The best of all rounds; memory is the smallest high-water mark of resident memory, in bytes. */
export interface GenerationBest {
  promptMs: number;
  /** From the folder to a model that is ready. */
  loadMs?: number;
  tokensPerSecond: number;
  /** Ours: the model without the sampling library. */
  aloneTokensPerSecond?: number;
  memory?: number;
  parameters: number;
}

export interface GenerationResults extends Circumstances {
  readonly threads: number;
  readonly repeats: number;
  rounds: number;
  interrupted: boolean;
  readonly versions: { ours?: string; transformers?: string };
  /** Gigabytes that all threads together read in a second, in the same run. */
  bandwidth: number | undefined;
  /** GFLOP/s of the fastest matrix product, in the same run. */
  peak?: number;
  readonly models: Record<string, GenerationModel>;
  failures: Record<string, string>;
}

export interface GenerationModel {
  ours?: GenerationBest;
  transformers?: GenerationBest;
  /** Bytes of weights behind every token. */
  weightBytes?: number;
  /** Operations of the products that read the prompt. */
  promptFlops?: number;
  /** How many of the written tokens are the same on both sides, from the first. */
  same?: number;
}

/** Keeps the better of what is known and one more measurement. */
export function betterOf(before: GenerationBest | undefined, now: GenerationBest): GenerationBest {
  if (!before) return now;
  const of = (better: (a: number, b: number) => number) => (a: number | undefined, b: number | undefined) =>
    a === undefined || b === undefined ? (a ?? b) : better(a, b);
  const [least, most] = [of(Math.min), of(Math.max)];
  return {
    promptMs: Math.min(before.promptMs, now.promptMs),
    loadMs: least(before.loadMs, now.loadMs),
    tokensPerSecond: Math.max(before.tokensPerSecond, now.tokensPerSecond),
    aloneTokensPerSecond: most(before.aloneTokensPerSecond, now.aloneTokensPerSecond),
    memory: least(before.memory, now.memory),
    parameters: now.parameters,
  };
}

/** The table with everything one has to know to read it. */
export function generationMarkdown(results: GenerationResults): string {
  const { threads, rounds, repeats, versions, bandwidth, peak } = results;
  return [
    '# Generation, side by side',
    describeCircumstances(results),
    `${Object.values(versions).join('; ')}. Random weights, the same files, greedy, key-value cache, one text: a prompt of ${PROMPT} ` +
      `tokens, then the ${WRITTEN - 1} tokens after the first one written (an encoder alone reads ${TEXTS} texts of ${PROMPT} tokens). ${threads} threads each; fastest of ${rounds} rounds of ` +
      `${repeats} (ours: of at least that many, and of a second)${results.interrupted ? ', stopped early' : ''}. Both sides are float32; in rows ` +
      'called bf16 both keep their weights as bf16 numbers and multiply those, where the first token that rounding changes ends what is the same.',
    `Memory is read at ${digits(bandwidth) ?? '?'} GB/s in the same run; "of bandwidth" is the share that the weights behind every ` +
      'token take of it (above 100 %: they stay in the caches). ' +
      `The fastest float32 matrix product makes ${digits(peak) ?? '?'} GFLOP/s; "of peak" is the share of it that reading the prompt makes.`,
    generationTable(results),
    ...Object.entries(results.failures).map(([name, why]) => `- ${name}: ${why.split('\n')[0]}`),
    `    ${results.command}`,
  ].join('\n\n');
}

/** Tokens a second, ours and theirs; the last row has the geometric means of the ratios. */
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
      const read = ours?.aloneTokensPerSecond && weightBytes && ours.aloneTokensPerSecond * weightBytes;
      const row = [
        name,
        digits(ours?.tokensPerSecond),
        digits(ours?.aloneTokensPerSecond),
        percent(read && bandwidth ? read / bandwidth / 1e9 : undefined),
        digits(ours?.promptMs),
        percent(ours && promptFlops && peak ? promptFlops / ours.promptMs / 1e6 / peak : undefined),
        digits(ours?.loadMs),
        digits(megabytes(ours)),
      ];
      if (!raced) return row;
      // Speeds compare the other way round than times and memory: always how many times better we are.
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
