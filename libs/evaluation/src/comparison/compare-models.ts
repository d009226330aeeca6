// Models side by side: sizes, perplexities, speed, and what each generates from the same prompts.
import {
  LanguageModel,
  loadModel,
  ModelNotFoundError,
  type LoadedModel,
  type LoadModelOptions,
} from '@lilformer/models';
import { generateText, type FinishReason } from '@lilformer/sampling';
import { checkOptionNames } from '@lilformer/tokenizers';
import { measureSpeed } from '../costs/speed.js';
import {
  measurePerplexity,
  type Perplexity,
  type PerplexityProgress,
  type PerplexityProtocol,
} from '../perplexity/perplexity.js';
import type { Table } from '../table.js';
import { promptSeed } from './prompt-seed.js';

/** A model to compare. */
export interface Candidate extends LoadModelOptions {
  /** The name in the results. */
  readonly name: string;
  /** A source for `loadModel`. */
  readonly source: string;
}

/** Options of {@link compareModels}. */
export interface CompareModelsOptions {
  /**
   * The protocol to measure a model's perplexity with, or undefined to measure none. Called for each model, because each has
   * its own tokenizer and context.
   */
  readonly measure?: (
    loaded: LoadedModel<LanguageModel>,
    name: string,
  ) => PerplexityProtocol | undefined | Promise<PerplexityProtocol | undefined>;
  /** Prompts to generate from, in named groups. */
  readonly prompts?: readonly { readonly name: string; readonly prompts: readonly string[] }[];
  /** Default 50. */
  readonly maxNewTokens?: number;
  /** Default 1. */
  readonly temperature?: number;
  /** Each prompt gets its own seed, derived from this one and equal for all models. Default: random seeds. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
  /** Called during a measurement. */
  readonly onProgress?: (name: string, progress: PerplexityProgress) => void;
  /** Called when a model is done. */
  readonly onRow?: (row: ComparisonRow) => void;
}

const NAMES = Object.keys({
  measure: true,
  prompts: true,
  maxNewTokens: true,
  temperature: true,
  seed: true,
  signal: true,
  onProgress: true,
  onRow: true,
} satisfies Record<keyof CompareModelsOptions, true>);

/** A model that was compared. */
export interface ComparedModel {
  readonly state: 'compared';
  readonly name: string;
  readonly source: string;
  /** The type of its config. */
  readonly type: string;
  readonly parameters: number;
  /** The perplexity that the source records, measured when it was trained. */
  readonly recorded: LoadedModel['recorded'];
  /** The perplexity measured now. */
  readonly measured: Perplexity | undefined;
  /** Tokens per second of forward passes. */
  readonly forwardSpeed: number;
  /** Generated tokens per second, of the fastest prompt; undefined when nothing was generated. */
  readonly generationSpeed: number | undefined;
}

/** A candidate of a comparison. */
export type ComparisonRow =
  | ComparedModel
  | {
      readonly state: 'missing' | 'unreadable';
      readonly name: string;
      readonly source: string;
      readonly reason: string;
    };

/** What all models generated from one prompt. */
export interface SideBySide {
  /** Name of the prompt's group. */
  readonly group: string;
  readonly prompt: string;
  readonly seed: number | undefined;
  /** In the order of the candidates, without models that have no tokenizer. */
  readonly continuations: readonly {
    readonly name: string;
    readonly text: string;
    readonly tokens: number;
    readonly finishReason: FinishReason;
  }[];
}

/** What {@link compareModels} returns. */
export interface Comparison {
  /** In the order of the candidates. */
  readonly rows: readonly ComparisonRow[];
  /** In the order of the prompts. */
  readonly sideBySide: readonly SideBySide[];
}

/**
 * Compares models, one at a time in memory. One that is missing or cannot be loaded becomes a row that says so.
 *
 * A prompt longer than a model's context is cropped to its last tokens. Generation ends at the end-of-text token.
 *
 * @throws RangeError for an invalid option; the signal's reason when aborted
 */
export async function compareModels(
  candidates: readonly Candidate[],
  options: CompareModelsOptions = {},
): Promise<Comparison> {
  checkOptionNames(options, NAMES);
  const rows: ComparisonRow[] = [];
  const sideBySide = (options.prompts ?? []).flatMap(({ name: group, prompts }) =>
    prompts.map((prompt) => ({
      group,
      prompt,
      seed: options.seed === undefined ? undefined : promptSeed(options.seed, prompt),
      continuations: [] as SideBySide['continuations'][number][],
    })),
  );
  for (const candidate of candidates) {
    options.signal?.throwIfAborted();
    let loaded: LoadedModel<LanguageModel> | undefined;
    let row: ComparisonRow;
    try {
      loaded = await loadLanguageModel(candidate);
    } catch (error) {
      const { name, source } = candidate;
      const state = error instanceof ModelNotFoundError ? 'missing' : 'unreadable';
      row = { state, name, source, reason: (error as Error).message };
    }
    if (loaded) {
      try {
        row = await compared(candidate, loaded, options, sideBySide);
      } finally {
        loaded.model.dispose();
      }
    }
    rows.push(row!);
    options.onRow?.(row!);
  }
  return { rows, sideBySide };
}

async function loadLanguageModel({
  name: _,
  source,
  ...options
}: Candidate): Promise<LoadedModel<LanguageModel>> {
  const loaded = await loadModel(source, options);
  const { model } = loaded;
  if (model instanceof LanguageModel) return { ...loaded, model };
  model.dispose();
  throw new Error(`${source}: is a ${model.constructor.name}. Expected a decoder-only or recurrent model.`);
}

async function compared(
  { name, source }: Candidate,
  loaded: LoadedModel<LanguageModel>,
  options: CompareModelsOptions,
  sideBySide: readonly {
    prompt: string;
    seed?: number;
    continuations: SideBySide['continuations'][number][];
  }[],
): Promise<ComparedModel> {
  const { model, recorded, tokenizer } = loaded;
  const { maxNewTokens = 50, temperature = 1, signal } = options;
  let measured: Perplexity | undefined;
  const protocol = await options.measure?.(loaded, name);
  if (protocol) {
    for await (const event of measurePerplexity(model, protocol, { signal })) {
      if (event.type === 'done') measured = event.result;
      else options.onProgress?.(name, event);
    }
  }
  let generationSpeed: number | undefined;
  for (const { prompt, seed, continuations } of tokenizer ? sideBySide : []) {
    const started = performance.now();
    const generated = await generateText(model, tokenizer, prompt, {
      maxNewTokens,
      temperature,
      signal,
      seed,
    });
    const { text, ids, finishReason } = generated;
    const speed = (1000 * ids.length) / (performance.now() - started);
    if (ids.length > 0) generationSpeed = Math.max(generationSpeed ?? 0, speed);
    continuations.push({ name, text, tokens: ids.length, finishReason });
  }
  return {
    state: 'compared',
    name,
    source,
    type: model.config.type,
    parameters: model.parameterCount(),
    recorded,
    measured,
    forwardSpeed: await measureSpeed(model),
    generationSpeed,
  };
}

/** A comparison as a table. */
export function comparisonTable(rows: readonly ComparisonRow[]): Table {
  const rounded = (value: number | undefined) =>
    value === undefined ? '-' : Number(value.toPrecision(3)).toLocaleString('en-US');
  return {
    headings: [
      'model',
      'parameters',
      'recorded perplexity',
      'measured perplexity',
      'forward tok/s',
      'generated tok/s',
    ],
    rows: rows.map((row) =>
      row.state === 'compared'
        ? [
            row.name,
            row.parameters.toLocaleString('en-US'),
            row.recorded?.perplexity.toFixed(2) ?? '-',
            row.measured?.perplexity.toFixed(2) ?? '-',
            rounded(row.forwardSpeed),
            rounded(row.generationSpeed),
          ]
        : [`${row.name} (${row.state})`, '-', '-', '-', '-', '-'],
    ),
  };
}

/** The sources and protocols of a comparison's perplexities, and why models are missing; one line each. */
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

/** Each note once, in order of first appearance, with the names it applies to: `note (name; name)`. */
export function groupNotes(notes: Iterable<readonly [note: string, name: string]>): string[] {
  const names = new Map<string, string[]>();
  for (const [note, name] of notes) names.set(note, [...(names.get(note) ?? []), name]);
  return Array.from(names, ([note, all]) => `${note} (${all.join('; ')})`);
}
