// What a model looks at while it reads a prompt: the attention weights of every layer and head, and their averages, as plain
// numbers. Leaves out what the patterns mean (heads.ts) and drawing them.
import { tf } from '@lilformer/engine';
import { Capture, type CapturedValue, type LanguageModel } from '@lilformer/models';
import type { Prompt } from '@lilformer/sampling';
import type { Tokenizer } from '@lilformer/tokenizers';
import { promptIds } from './prompt-ids.js';
import { visibleToken } from './visible-token.js';

/** Weights [T][T]: a row a query, a column a key; each row sums to 1. */
export type AttentionMatrix = readonly (readonly number[])[];

/** The attention of one layer. */
export interface AttentionLayer {
  readonly heads: readonly AttentionMatrix[];
  /** The mean of the heads. */
  readonly average: AttentionMatrix;
}

/** The attention of a model to a prompt. */
export interface AttentionMap {
  readonly ids: readonly number[];
  /** The tokens with visible white space, for axes. */
  readonly tokens: readonly string[];
  readonly layers: readonly AttentionLayer[];
  /** The mean of all heads of all layers. */
  readonly average: AttentionMatrix;
}

/**
 * The attention weights of a prompt; of one that is longer than the context, those of its last tokens.
 *
 * @throws Error when the prompt is empty, holds ids that the model does not know, or the model has no attention
 */
export function attentionMap(model: LanguageModel, tokenizer: Tokenizer, prompt: Prompt): AttentionMap {
  const ids = promptIds(model, tokenizer, prompt);
  const capture = captured(model, Int32Array.from(ids), 1, ids.length);
  const layers = attentionLayers(capture).map((value) => {
    const heads = attentionHeads(value);
    return { heads, average: averageOf(heads) };
  });
  if (layers.length === 0) throw withoutAttention(model);
  return {
    ids,
    tokens: ids.map((id) => visibleToken(tokenizer, id)),
    layers,
    average: averageOf(layers.map(({ average }) => average)),
  };
}

/**
 * The weights of every head of one text, from what a `Capture` holds as `attn.N`.
 *
 * @param value [B, H, T, T]
 * @param row which text of the batch
 */
export function attentionHeads({ shape, data }: CapturedValue, row = 0): AttentionMatrix[] {
  const [, heads, queries, keys] = shape;
  return Array.from({ length: heads }, (_, head) =>
    Array.from({ length: queries }, (_, query) => {
      const start = ((row * heads + head) * queries + query) * keys;
      return Array.from(data.subarray(start, start + keys));
    }),
  );
}

/** What a model computes on the way, in evaluation mode, for ids [B · T]. */
export function captured(model: LanguageModel, ids: Int32Array, batch: number, length: number): Capture {
  const capture = new Capture();
  model.evaluating(() =>
    tf.tidy(() => {
      model.forward(tf.tensor2d(ids, [batch, length], 'int32'), { capture, lastOnly: true });
    }),
  );
  return capture;
}

/** The captured weights layer by layer. */
export function attentionLayers(capture: Capture): CapturedValue[] {
  const layers: CapturedValue[] = [];
  for (let value; (value = capture.get(`attn.${layers.length}`));) layers.push(value);
  return layers;
}

/** For models that look at nothing. */
export function withoutAttention(model: LanguageModel): Error {
  return new Error(`${model.constructor.name} has no attention weights: expected a model with attention`);
}

function averageOf(matrices: readonly AttentionMatrix[]): AttentionMatrix {
  return matrices[0].map((row, i) =>
    row.map((_, j) => matrices.reduce((sum, matrix) => sum + matrix[i][j], 0) / matrices.length),
  );
}
