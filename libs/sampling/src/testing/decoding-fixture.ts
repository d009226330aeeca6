// fixtures/decoding.json, what Hugging Face's transformers made: with its names of settings turned into ours, and the
// model that fixtures/decoding.py searched, which is a table: the tokens so far choose a row of logits.
import { readFileSync } from 'node:fs';
import type { Filters } from '../filters.js';
import type { BeamOptions } from '../options.js';
import type { Processing } from '../processors.js';
import { extended, type Scorer } from '../scorer.js';

/** Settings of `generate` as Hugging Face calls them. */
export interface HuggingFaceSettings {
  temperature?: number;
  top_k?: number;
  top_p?: number;
  min_p?: number;
  typical_p?: number;
  repetition_penalty?: number;
  no_repeat_ngram_size?: number;
  bad_words_ids?: number[][];
  min_length?: number;
  min_new_tokens?: number;
  forced_eos_token_id?: number;
  max_length?: number;
  max_new_tokens?: number;
  eos_token_id?: number | number[];
  num_beams?: number;
  num_beam_groups?: number;
  num_return_sequences?: number;
  diversity_penalty?: number;
  length_penalty?: number;
  early_stopping?: boolean | 'never';
}

interface SearchFixture {
  eos: number;
  pad: number;
  states: number;
  vocab: number;
  cases: {
    table: number;
    settings: HuggingFaceSettings;
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
    cases: { settings: HuggingFaceSettings; processed: (number | null)[][] }[];
  };
  beams: SearchFixture;
  groups: SearchFixture;
}

export const decodingFixture = JSON.parse(
  readFileSync(new URL('../../fixtures/decoding.json', import.meta.url), 'utf8'),
) as DecodingFixture;

/** Filters and processors of the same meaning. */
export function settingsOf(given: HuggingFaceSettings): { processing: Processing; filters: Filters } {
  return {
    processing: {
      repetitionPenalty: given.repetition_penalty,
      noRepeatNgram: given.no_repeat_ngram_size,
      badWords: given.bad_words_ids,
      minTokens: given.min_new_tokens,
      forcedEos: given.forced_eos_token_id,
    },
    filters: {
      temperature: given.temperature,
      topK: given.top_k || undefined,
      topP: given.top_p,
      minP: given.min_p,
      typicalP: given.typical_p,
    },
  };
}

/** Options of a beam search of the same meaning. */
export function beamOptionsOf(given: HuggingFaceSettings): BeamOptions {
  const { processing } = settingsOf(given);
  const all: BeamOptions = {
    ...processing,
    maxTokens: given.max_new_tokens,
    stopTokens: given.eos_token_id === undefined ? undefined : [given.eos_token_id].flat(),
    beams: given.num_beams,
    groups: given.num_beam_groups,
    sequences: given.num_return_sequences,
    diversityPenalty: given.diversity_penalty,
    lengthPenalty: given.length_penalty,
    earlyStopping: given.early_stopping,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** Scores texts by a table that all their tokens and their order choose a row of. */
export class TableScorer implements Scorer {
  texts: readonly (readonly number[])[];
  disposed = false;
  readonly #logits: (state: number) => Float32Array;
  readonly #states: number;

  constructor(
    prompts: readonly (readonly number[])[],
    states: number,
    logits: (state: number) => Float32Array,
  ) {
    this.texts = prompts;
    this.#states = states;
    this.#logits = logits;
  }

  /** The table of a case. */
  static of({ states, vocab, pad }: SearchFixture, table: number, prompts: readonly number[][]): TableScorer {
    return new TableScorer(prompts, states, (state) =>
      Float32Array.from({ length: vocab }, (_, token) => {
        if (token === pad) return -40;
        const noise = Math.sin(12.9898 * (state + 1) + 78.233 * (token + 1) + table) * 43758.5453;
        return Math.round(6000 * (noise - Math.floor(noise))) / 1000;
      }),
    );
  }

  next(): Float32Array[] {
    return this.texts.map((text) =>
      this.#logits(text.reduce((state, id) => (3 * state + id + 1) % this.#states, 0)),
    );
  }

  extend(rows: readonly number[], ids: readonly number[]): void {
    this.texts = extended(this.texts, rows, ids);
  }

  dispose(): void {
    this.disposed = true;
  }
}
