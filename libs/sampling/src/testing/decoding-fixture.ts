// fixtures/decoding.json, computed by Hugging Face's transformers, and the table that its beam searches used as a model.
import { readFileSync } from 'node:fs';
import type { GenerateOptions } from '../options.js';
import { appended, type SequenceBatch } from '../sequences/sequence-batch.js';

/** Options of Hugging Face's `generate`. */
export interface HuggingFaceOptions {
  [option: string]: unknown;
  top_k?: number;
  top_p?: number;
  min_length?: number;
  max_length?: number;
  eos_token_id?: number | number[];
  num_beams?: number;
}

interface SearchFixture {
  eos: number;
  pad: number;
  states: number;
  vocab: number;
  cases: {
    table: number;
    settings: HuggingFaceOptions;
    prompts: number[][];
    ids: number[][];
    scores: number[];
  }[];
}

interface DecodingFixture {
  processors: {
    eos: number;
    prompt_length: number;
    prefix: number[][];
    logits: number[][];
    cases: { settings: HuggingFaceOptions; processed: (number | null)[][] }[];
  };
  beams: SearchFixture;
  groups: SearchFixture;
}

export const decodingFixture = JSON.parse(
  readFileSync(new URL('../../fixtures/decoding.json', import.meta.url), 'utf8'),
) as DecodingFixture;

const OTHERS = ['prompt', 'index', 'do_sample', 'min_length', 'max_length'];

/** The same options in camelCase. */
export function optionsOf(options: HuggingFaceOptions): GenerateOptions {
  return Object.fromEntries(
    Object.entries(options)
      .filter(([name, value]) => !OTHERS.includes(name) && !(name === 'top_k' && value === 0)) // 0: no limit
      .map(([name, value]) => [name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()), value]),
  );
}

/** Logits from a table: the tokens of a sequence and their order choose the row. */
export class TableBatch implements SequenceBatch {
  sequences: readonly (readonly number[])[];
  disposed = false;
  readonly #logits: (state: number) => Float32Array;
  readonly #states: number;

  constructor(
    prompts: readonly (readonly number[])[],
    states: number,
    logits: (state: number) => Float32Array,
  ) {
    this.sequences = prompts;
    this.#states = states;
    this.#logits = logits;
  }

  /** The table of a case. */
  static of({ states, vocab, pad }: SearchFixture, table: number, prompts: readonly number[][]): TableBatch {
    return new TableBatch(prompts, states, (state) =>
      Float32Array.from({ length: vocab }, (_, token) => {
        if (token === pad) return -40;
        const noise = Math.sin(12.9898 * (state + 1) + 78.233 * (token + 1) + table) * 43758.5453;
        return Math.round(6000 * (noise - Math.floor(noise))) / 1000;
      }),
    );
  }

  nextLogits(): Promise<Float32Array[]> {
    return Promise.resolve(
      this.sequences.map((ids) =>
        this.#logits(ids.reduce((state, id) => (3 * state + id + 1) % this.#states, 0)),
      ),
    );
  }

  append(rows: readonly number[], ids: readonly number[]): void {
    this.sequences = appended(this.sequences, rows, ids);
  }

  dispose(): void {
    this.disposed = true;
  }
}
