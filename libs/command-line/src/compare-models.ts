// Compares checkpoints, each with its own tokenizer, and shows progress on the terminal.
import { readdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import {
  compareCheckpoints,
  type Candidate,
  type CompareOptions,
  type Comparison,
  type PerplexityProtocol,
} from '@lilformer/evaluation';
import type { LanguageModel, LoadedModel } from '@lilformer/models';
import { formatDuration, formatRate } from '@lilformer/training';
import { evaluationText, type EvaluationText, type TextFlags } from './evaluation-text.js';
import { resolveUserPath } from './paths.js';
import { perplexityProtocol, type PerplexityFlags } from './perplexity-flags.js';
import type { Terminal } from './output/terminal.js';

/** Compares numbers in names: step-50 before step-200. */
const BY_NAME = new Intl.Collator('en', { numeric: true }).compare;

/** The run folders and weight files in a folder, by name. @throws Error when there are none */
export async function findCheckpoints(folder: string): Promise<Candidate[]> {
  const absolute = resolveUserPath(folder);
  let names: string[];
  try {
    names = await readdir(absolute);
  } catch (error) {
    throw new Error(`--checkpoints ${folder}: no folder at ${absolute}`, {
      cause: error,
    });
  }
  const found = names.sort(BY_NAME).flatMap((name) => {
    const path = join(absolute, name);
    const isFile = ['.pt', '.pth', '.safetensors'].includes(extname(name));
    if (!isFile && !existsSync(join(path, 'config.json'))) return [];
    return [{ name: isFile ? basename(name, extname(name)) : name, path }];
  });
  if (found.length > 0) return found;
  throw new Error(`--checkpoints ${folder}: no run folders, .pt, .pth or .safetensors files in it`);
}

interface CompareModelsOptions extends Omit<CompareOptions, 'measure' | 'signal'> {
  /** Text and protocol of the perplexity, which is not measured without. */
  readonly measure?: { readonly text: TextFlags; readonly protocol: PerplexityFlags };
}

/** A comparison with the text of each perplexity, by model name. */
interface ComparedModels extends Comparison {
  readonly texts: ReadonlyMap<string, EvaluationText>;
}

/** Compares models; those that cannot be opened are listed. */
export async function compareModels(
  candidates: readonly Candidate[],
  { measure, ...options }: CompareModelsOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ComparedModels> {
  const texts = new Map<string, EvaluationText>();
  const protocolFor = async (
    { source, model, tokenizer }: LoadedModel<LanguageModel>,
    name: string,
  ): Promise<PerplexityProtocol | undefined> => {
    const text =
      measure && tokenizer && (await evaluationText(source.path, tokenizer, measure.text, terminal, signal));
    if (!text) return undefined;
    texts.set(name, text);
    return perplexityProtocol(measure.protocol, model, text.source);
  };
  let done = 0;
  for await (const event of compareCheckpoints(candidates, { ...options, signal, measure: protocolFor })) {
    if (event.type === 'measuring') {
      const share = `${((100 * event.fed) / event.total).toFixed(0)} %`;
      terminal.progress(
        `${event.name} | ${share} | perplexity ${Math.exp(event.loss).toFixed(2)} | ` +
          `${formatRate(event.tokensPerSecond)} tok/s | eta ${formatDuration(event.eta)}`,
      );
    } else if (event.type === 'row') {
      const state = event.row.state === 'compared' ? '' : ` | ${event.row.state}: ${event.row.reason}`;
      terminal.progress(`${event.row.name}${state} | ${++done} of ${candidates.length}`);
    } else {
      return { ...event.comparison, texts };
    }
  }
  throw new Error('a comparison ended without a result');
}
