// Models compared with progress on the terminal, each on a text in the tokens of its own tokenizer.
import {
  compareModels,
  type Candidate,
  type CompareModelsOptions,
  type Comparison,
} from '@lilformer/evaluation';
import { formatDuration, formatRate } from '@lilformer/training';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { evaluationText, type EvaluationText, type TextFlags } from './evaluation-text.js';
import { resolveUserPath } from './paths.js';
import { perplexityProtocol, type PerplexityFlags } from './perplexity-flags.js';
import type { Terminal } from './output/terminal.js';

/** step-50 before step-200 */
const byName = new Intl.Collator('en', { numeric: true }).compare;

/** The model folders and files of weights in a folder, sorted by name. @throws Error when there are none */
export async function findCheckpoints(folder: string): Promise<Candidate[]> {
  const path = resolveUserPath(folder);
  let names: string[];
  try {
    names = await readdir(path);
  } catch (error) {
    throw new Error(`--checkpoints ${folder}: no folder at ${path}`, { cause: error });
  }
  const found = names.sort(byName).flatMap((name) => {
    const source = join(path, name);
    const isFile = ['.pt', '.pth', '.bin', '.safetensors'].includes(extname(name));
    if (!isFile && !existsSync(join(source, 'config.json'))) return [];
    return [{ name: isFile ? basename(name, extname(name)) : name, source }];
  });
  if (found.length > 0) return found;
  throw new Error(`--checkpoints ${folder}: no run folders or files of weights in it`);
}

/**
 * Compares models with progress on the terminal.
 *
 * @param measure the text and the protocol of perplexities; without it none is measured
 * @returns the comparison, and the texts by the names of the models
 */
export async function compareOnTerminal(
  candidates: readonly Candidate[],
  measure:
    { readonly text: TextFlags; readonly protocol: PerplexityFlags; readonly seed?: number } | undefined,
  options: CompareModelsOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Comparison & { readonly texts: ReadonlyMap<string, EvaluationText> }> {
  const texts = new Map<string, EvaluationText>();
  let done = 0;
  const comparison = await compareModels(candidates, {
    ...options,
    signal,
    measure: async ({ source, model, tokenizer }, name) => {
      const text =
        measure && tokenizer && (await evaluationText(source, tokenizer, measure.text, terminal, signal));
      if (!text) return undefined;
      texts.set(name, text);
      return perplexityProtocol(measure.protocol, model, text.source, measure.seed);
    },
    onProgress: (name, { fed, total, loss, tokensPerSecond, eta }) =>
      terminal.progress(
        `${name} | ${((100 * fed) / total).toFixed(0)} % | perplexity ${Math.exp(loss).toFixed(2)} | ` +
          `${formatRate(tokensPerSecond)} tok/s | eta ${formatDuration(eta)}`,
      ),
    onRow: (row) => {
      const state = row.state === 'compared' ? '' : ` | ${row.state}: ${row.reason}`;
      terminal.progress(`${row.name}${state} | ${++done} of ${candidates.length}`);
    },
  });
  return { ...comparison, texts };
}
