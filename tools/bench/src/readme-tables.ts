// Tables of the README, from the saved results.
import type { GenerationResults } from './generation-report.js';
import { readResults } from './results.js';
import { digits, geometricMean, percent, table, times } from './table.js';
import { ratios, type Best, type TrainingResults } from './training-report.js';

/** Content between `<!-- NAME -->` and `<!-- /NAME -->` by name; empty without saved results. */
export async function readmeTables(): Promise<Record<string, string>> {
  const training = await readResults<TrainingResults>('training');
  const generation = await readResults<GenerationResults>('generation');
  return {
    'bench:training': training ? trainingSummary(training) : '',
    'bench:generation': generation ? generationSummary(generation) : '',
  };
}

/**
 * Replaces the content between markers.
 * @throws Error when a marker is missing
 */
export function fillMarkers(text: string, contents: Readonly<Record<string, string>>): string {
  return Object.entries(contents).reduce((filled, [name, content]) => {
    const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const from = filled.indexOf(open);
    const to = filled.indexOf(close);
    if (from === -1 || to < from) {
      throw new Error(`README.md: expected ${open} followed by ${close}`);
    }
    const inner = content === '' ? '\n\n' : `\n\n${content}\n\n`;
    return filled.slice(0, from + open.length) + inner + filled.slice(to);
  }, text);
}

export function trainingSummary(results: TrainingResults): string {
  const { workloads, peaks, versions, threads, processor, date } = results;
  const peak = peaks.float32?.gflops;
  const versus = (theirs: Best | undefined, ours: Best | undefined): string | undefined =>
    theirs && ours && `${digits(theirs.ms)} (${times(theirs.ms / ours.ms)})`;
  const rows = Object.entries(workloads).map(([name, { flops, best }]) => {
    const gflops = best.ours && flops / best.ours.ms / 1e6;
    const bf16 = best['ours-bf16'];
    const { ours, eager, compile } = best;
    return [
      name,
      digits(ours?.ms),
      gflops && peak ? `${digits(gflops)} (${percent(gflops / peak)})` : digits(gflops),
      versus(eager, ours),
      versus(best['eager-tuned'], ours),
      versus(compile, ours),
      bf16 && digits(bf16.ms),
      versus(best.bf16, bf16),
      ours?.memory && eager?.memory && `${digits(ours.memory / 1e6)} / ${digits(eager.memory / 1e6)}`,
    ].map((cell) => cell || undefined);
  });
  const mean = (peer: keyof typeof versions, own: 'ours' | 'ours-bf16' = 'ours'): string =>
    times(geometricMean(ratios(Object.values(workloads), own, peer, ({ ms }) => ms))) ?? '';
  rows.push([
    'geometric mean',
    '',
    '',
    mean('eager'),
    mean('eager-tuned'),
    mean('compile'),
    '',
    mean('bf16', 'ours-bf16'),
    '',
  ]);
  const head = [
    'one training step',
    'ms',
    'GFLOP/s (of peak)',
    'PyTorch',
    'tuned',
    'compiled',
    'bf16, ms',
    'PyTorch bf16',
    'MB / theirs',
  ];
  const torch = /torch [\d.]+/.exec(versions.eager ?? '')?.[0] ?? 'torch';
  return [
    table(head, rows),
    `${processor}, ${threads} threads each, ${torch}, ${date}: ` +
      '[everything that was measured](tools/bench/results/training.md).',
  ].join('\n\n');
}

export function generationSummary({ models, versions, processor, threads, date }: GenerationResults): string {
  const rows = Object.entries(models).map(([name, { ours, transformers }]) => [
    name,
    digits(ours && ours.parameters / 1e6),
    digits(ours?.tokensPerSecond),
    digits(transformers?.tokensPerSecond),
    ours && transformers && times(ours.tokensPerSecond / transformers.tokensPerSecond),
    digits(ours?.memory && ours.memory / 1e6),
    digits(transformers?.memory && transformers.memory / 1e6),
  ]);
  const head = ['generation', 'million parameters', 'tokens/s', 'transformers', 'ratio', 'MB', 'theirs'];
  return [
    table(head, rows),
    `${processor}, ${threads} threads each, ${versions.transformers ?? 'transformers'}, greedy, one text, key-value cache, ` +
      `${date}: [everything that was measured](tools/bench/results/generation.md).`,
  ].join('\n\n');
}
