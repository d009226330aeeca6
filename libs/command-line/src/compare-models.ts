// Checkpoints compared, each on a text in the tokens of its own tokenizer, with progress on the terminal.
import { readdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import {
  compareCheckpoints,
  type Candidate,
  type CompareOptions,
  type Comparison,
  type OpenedCheckpoint,
  type PerplexityProtocol,
} from '@lilformer/evaluation';
import { formatDuration, formatRate } from '@lilformer/training';
import { measuredText, type MeasuredText, type TextFlags } from './measured-text.js';
import { fromWhereTheyStand } from './paths.js';
import { protocolOf, type ProtocolFlags } from './protocol.js';
import type { Terminal } from './terminal.js';

/** Names by their numbers where they have some: step-50 before step-200. */
const BY_NAME = new Intl.Collator('en', { numeric: true }).compare;

/** The runs and files of weights that lie in a folder, in the order of their names. */
export async function candidatesIn(folder: string): Promise<Candidate[]> {
  const absolute = fromWhereTheyStand(folder);
  let names: string[];
  try {
    names = await readdir(absolute);
  } catch (error) {
    throw new Error(`--checkpoints ${folder}: expected a folder; there is none at ${absolute}`, {
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
  throw new Error(
    `--checkpoints ${folder}: expected run folders, .pt or .safetensors files in it; there are none`,
  );
}

export interface CompareModelsOptions extends Omit<CompareOptions, 'measure' | 'signal'> {
  /** What to measure on, and how; nothing is measured without. */
  readonly measure?: { readonly text: TextFlags; readonly protocol: ProtocolFlags };
}

/** A comparison, with the texts that perplexities were measured on, by the names of the models. */
export interface ModelsCompared extends Comparison {
  readonly texts: ReadonlyMap<string, MeasuredText>;
}

/** Compares models one after the other; one that cannot be had is listed, and the rest compared. */
export async function compareModels(
  candidates: readonly Candidate[],
  { measure, ...options }: CompareModelsOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ModelsCompared> {
  const texts = new Map<string, MeasuredText>();
  const protocolFor = async (
    { path, model, tokenizer }: OpenedCheckpoint,
    name: string,
  ): Promise<PerplexityProtocol | undefined> => {
    const text =
      measure && tokenizer && (await measuredText(path, tokenizer, measure.text, terminal, signal));
    if (!text) return undefined;
    texts.set(name, text);
    return protocolOf(measure.protocol, model, text.source);
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
