// Checkpoints side by side: sizes, perplexities, speed, and what each writes after the same prompts. What is missing is listed
// as missing, and the rest compared. Leaves out opening one (`loadModel`), and printing.
import {
  LanguageModel,
  loadModel,
  ModelNotFoundError,
  type LoadedModel,
  type LoadModelOptions,
} from '@lilformer/models';
import { generateText, type FinishReason } from '@lilformer/sampling';
import type { Tokenizer } from '@lilformer/tokenizers';
import {
  measurePerplexity,
  type Perplexity,
  type PerplexityProgress,
  type PerplexityProtocol,
} from './perplexity.js';
import { promptSeed } from './prompt-seed.js';
import { measureSpeed } from './speed.js';
import type { Table } from './table.js';

/** A checkpoint to compare. */
export interface Candidate extends LoadModelOptions {
  /** What to call it. */
  readonly name: string;
  /** A run folder, a `.pt` or a `.safetensors` file. */
  readonly path: string;
}

/** Prompts under a heading. */
export interface PromptGroup {
  readonly name: string;
  readonly prompts: readonly string[];
}

/** What `compareCheckpoints` does besides opening. */
export interface CompareOptions {
  /**
   * How to measure the perplexity of a checkpoint; undefined for one that is not to be measured. Made for each, as each has its
   * own tokenizer and context, and given its name. Without it nothing is measured, and nothing but what was recorded is told.
   */
  readonly measure?: (
    checkpoint: LoadedModel<LanguageModel>,
    name: string,
  ) => PerplexityProtocol | undefined | Promise<PerplexityProtocol | undefined>;
  /** What to write after. */
  readonly prompts?: readonly PromptGroup[];
  /** Most tokens a continuation; default 50. */
  readonly maxNewTokens?: number;
  /** Default 1. */
  readonly temperature?: number;
  /** Every prompt gets a seed of its own from this one, the same for all checkpoints; without it all is drawn anew. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/** A checkpoint that was compared. */
export interface ComparedCheckpoint {
  readonly state: 'compared';
  readonly name: string;
  readonly path: string;
  /** The model's `type`. */
  readonly type: string;
  readonly parameters: number;
  /** Measured by its maker, by a protocol of theirs. */
  readonly recorded: LoadedModel['recorded'];
  /** Measured now. */
  readonly measured: Perplexity | undefined;
  /** Tokens a second that it reads, and that it writes one by one, after the prompt where it was fastest; undefined when it wrote nothing. */
  readonly readsPerSecond: number;
  readonly writesPerSecond: number | undefined;
}

/** A checkpoint that is not there, or not to be read. */
export interface UnavailableCheckpoint {
  readonly state: 'missing' | 'unreadable';
  readonly name: string;
  readonly path: string;
  readonly reason: string;
}

/** One of the checkpoints asked for. */
export type ComparisonRow = ComparedCheckpoint | UnavailableCheckpoint;

/** What one checkpoint wrote after a prompt. */
export interface Continuation {
  /** The checkpoint's name. */
  readonly name: string;
  readonly text: string;
  readonly tokens: number;
  /** `'stop'` when it ended its text. */
  readonly finishReason: FinishReason;
}

/** What all wrote after one prompt. */
export interface SideBySide {
  readonly group: string;
  readonly prompt: string;
  /** The seed that each was told; undefined when they were told none. */
  readonly seed: number | undefined;
  /** In the order of the checkpoints; those without a tokenizer are left out. */
  readonly continuations: readonly Continuation[];
}

/** Everything. */
export interface Comparison {
  /** In the order asked for. */
  readonly rows: readonly ComparisonRow[];
  /** In the order of the prompts. */
  readonly sideBySide: readonly SideBySide[];
}

/** What a comparison tells on its way. */
export type ComparisonEvent =
  | (Omit<PerplexityProgress, 'type'> & { readonly type: 'measuring'; readonly name: string })
  | { readonly type: 'row'; readonly row: ComparisonRow }
  | { readonly type: 'done'; readonly comparison: Comparison };

/**
 * Opens one checkpoint after the other, and tells about each; the last event has everything. Only one is in memory at a time.
 *
 * A prompt longer than a model's context is cropped to its last tokens, and a continuation ends where the tokenizer's
 * end-of-text token comes.
 *
 * @throws RangeError for an option that makes no sense; the signal's reason once it is aborted
 */
export async function* compareCheckpoints(
  candidates: readonly Candidate[],
  options: CompareOptions = {},
): AsyncGenerator<ComparisonEvent, void, undefined> {
  const rows: ComparisonRow[] = [];
  const written = new Map<string, Continuation[]>();
  for (const candidate of candidates) {
    options.signal?.throwIfAborted();
    let opened: LoadedModel<LanguageModel> | undefined;
    let row: ComparisonRow;
    try {
      opened = await openLanguageModel(candidate);
    } catch (error) {
      row = unavailable(candidate, error as Error);
    }
    if (opened) {
      try {
        row = yield* compared(candidate.name, opened, options, written);
      } finally {
        opened.model.dispose();
      }
    }
    rows.push(row!);
    yield { type: 'row', row: row! };
  }
  const sideBySide = (options.prompts ?? []).flatMap(({ name: group, prompts }) =>
    prompts.map((prompt) => ({
      group,
      prompt,
      seed: seedOf(options, prompt),
      continuations: written.get(prompt) ?? [],
    })),
  );
  yield { type: 'done', comparison: { rows, sideBySide } };
}

/** What was compared as a table: recorded and measured perplexities each under their own heading. */
export function comparisonTable(rows: readonly ComparisonRow[]): Table {
  const count = (value: number | undefined) =>
    value === undefined ? '-' : Number(value.toPrecision(3)).toLocaleString('en-US');
  return {
    headings: [
      'model',
      'parameters',
      'recorded perplexity',
      'measured perplexity',
      'reads tok/s',
      'writes tok/s',
    ],
    rows: rows.map((row) =>
      row.state === 'compared'
        ? [
            row.name,
            row.parameters.toLocaleString('en-US'),
            row.recorded?.perplexity.toFixed(2) ?? '-',
            row.measured?.perplexity.toFixed(2) ?? '-',
            count(row.readsPerSecond),
            count(row.writesPerSecond),
          ]
        : [`${row.name} (${row.state})`, '-', '-', '-', '-', '-'],
    ),
  };
}

/** Where the perplexities of a comparison come from: a line for each source and protocol. */
export function comparisonNotes(rows: readonly ComparisonRow[]): string[] {
  const notes: [note: string, name: string][] = [];
  for (const row of rows) {
    if (row.state !== 'compared') notes.push([`${row.state}: ${row.reason}`, row.name]);
    else if (row.recorded) notes.push([`recorded: ${row.recorded.source}`, row.name]);
  }
  for (const row of rows) {
    if (row.state === 'compared' && row.measured) {
      notes.push([`measured: ${row.measured.description}`, row.name]);
    }
  }
  return groupNotes(notes);
}

/** Each note once, in the order in which they come, with all whom it is said of: `note (name; name)`. */
export function groupNotes(notes: Iterable<readonly [note: string, name: string]>): string[] {
  const names = new Map<string, string[]>();
  for (const [note, name] of notes) names.set(note, [...(names.get(note) ?? []), name]);
  return Array.from(names, ([note, all]) => `${note} (${all.join('; ')})`);
}

async function openLanguageModel(candidate: Candidate): Promise<LoadedModel<LanguageModel>> {
  const loaded = await loadModel(candidate.path, candidate);
  if (loaded.model instanceof LanguageModel) return { ...loaded, model: loaded.model };
  loaded.model.dispose();
  throw new Error(
    `${candidate.path}: a ${loaded.model.constructor.name}. Expected a decoder-only or recurrent model.`,
  );
}

async function* compared(
  name: string,
  opened: LoadedModel<LanguageModel>,
  options: CompareOptions,
  written: Map<string, Continuation[]>,
): AsyncGenerator<ComparisonEvent, ComparedCheckpoint, undefined> {
  const { model, recorded, tokenizer } = opened;
  const { path } = opened.source;
  let measured: Perplexity | undefined;
  const protocol = await options.measure?.(opened, name);
  if (protocol) {
    for await (const event of measurePerplexity(model, protocol, { signal: options.signal })) {
      if (event.type === 'done') measured = event.result;
      else yield { ...event, type: 'measuring', name };
    }
  }
  const speed = tokenizer && (await write(name, model, tokenizer, options, written));
  return {
    state: 'compared',
    name,
    path,
    type: model.config.type,
    parameters: model.parameterCount(),
    recorded,
    measured,
    readsPerSecond: measureSpeed(model),
    writesPerSecond: speed,
  };
}

/** Continues all prompts; gives the most tokens a second, undefined where there were none. */
async function write(
  name: string,
  model: LanguageModel,
  tokenizer: Tokenizer,
  options: CompareOptions,
  written: Map<string, Continuation[]>,
): Promise<number | undefined> {
  const { maxNewTokens = 50, temperature = 1, signal } = options;
  let best: number | undefined;
  const prompts = new Set((options.prompts ?? []).flatMap((group) => group.prompts));
  for (const prompt of prompts) {
    const settings = { maxNewTokens, temperature, signal, seed: seedOf(options, prompt) };
    const started = performance.now();
    const { text, ids, finishReason } = await generateText(model, tokenizer, prompt, settings);
    if (ids.length > 0) best = Math.max(best ?? 0, (1000 * ids.length) / (performance.now() - started));
    written.set(prompt, [...(written.get(prompt) ?? []), { name, text, tokens: ids.length, finishReason }]);
  }
  return best;
}

function seedOf({ seed }: CompareOptions, prompt: string): number | undefined {
  return seed === undefined ? undefined : promptSeed(seed, prompt);
}

function unavailable({ name, path }: Candidate, error: Error): UnavailableCheckpoint {
  const state = error instanceof ModelNotFoundError ? 'missing' : 'unreadable';
  return { state, name, path, reason: error.message };
}
