// Attention weights of any model for a prompt, as plain numbers.
import type { tf } from '@lilformer/engine';
import type { Capture, CapturedValue } from '@lilformer/layers';
import { EncoderDecoderModel, LanguageModel, type AnyModel } from '@lilformer/models';
import type { Prompt } from '@lilformer/sampling';
import type { Tokenizer } from '@lilformer/tokenizers';
import { captured, idTensor } from '../tensor-values.js';
import { promptIds } from '../tokens/prompt-ids.js';
import { visibleToken } from '../tokens/visible-token.js';

/** Attention weights `[T][S]` of one head: a row per query, a column per key; each row sums to 1. */
export type AttentionMatrix = readonly (readonly number[])[];

/** Attention of one kind, in all layers. */
export interface AttentionMap {
  /** Self-attention of a decoder or an encoder, or cross-attention from the decoder to the encoder. */
  readonly kind: 'decoder' | 'encoder' | 'cross';
  /** The query tokens, with visible white space. */
  readonly tokens: readonly string[];
  /** The key tokens; those of the encoder for cross-attention. */
  readonly keys: readonly string[];
  /** `[layers][heads]` matrices. */
  readonly layers: readonly (readonly AttentionMatrix[])[];
}

/**
 * All attention weights of a model for a prompt. Of a prompt longer than the context the last tokens are used.
 *
 * @param decoderPrompt what the decoder of an encoder-decoder reads after its start token; required there
 * @returns one map of a language model or encoder; three of an encoder-decoder: encoder, decoder, cross
 * @throws Error when the prompt is empty, an id is unknown, the decoder's prompt is missing, or the model has no attention
 */
export async function attentionMaps(
  model: AnyModel,
  tokenizer: Tokenizer,
  prompt: Prompt,
  decoderPrompt?: Prompt,
): Promise<AttentionMap[]> {
  const isLanguageModel = model instanceof LanguageModel;
  // Encoders are trained with special tokens around their inputs.
  const addSpecialTokens = typeof prompt === 'string' && !isLanguageModel;
  const input = addSpecialTokens ? tokenizer.encode(prompt, { addSpecialTokens }) : prompt;
  const ids = promptIds(model, tokenizer, input);
  const source = ids.map((id) => visibleToken(tokenizer, id));
  if (!(model instanceof EncoderDecoderModel)) {
    const capture = await captured(model, (capture) => {
      if (isLanguageModel) model.forward(idTensor(ids), { capture, lastOnly: true });
      else model.forward(idTensor(ids), { capture });
    });
    const layers = layersOf(capture, 'attn');
    if (layers.length === 0) throw withoutAttention(model);
    return [{ kind: isLanguageModel ? 'decoder' : 'encoder', tokens: source, keys: source, layers }];
  }
  if (decoderPrompt === undefined) {
    throw new Error(`${model.constructor.name}: the decoder's prompt is missing. Expected text or ids.`);
  }
  const written = decoderPrompt === '' ? [] : promptIds(model, tokenizer, decoderPrompt);
  const decoderIds = [model.config.decoderStartTokenId, ...written].slice(0, model.contextLength);
  const capture = await captured(model, (capture) =>
    model.forward(idTensor(ids), idTensor(decoderIds), { capture }),
  );
  const target = decoderIds.map((id) => visibleToken(tokenizer, id));
  return [
    { kind: 'encoder', tokens: source, keys: source, layers: layersOf(capture, 'encoder.attn') },
    { kind: 'decoder', tokens: target, keys: target, layers: layersOf(capture, 'decoder.attn') },
    { kind: 'cross', tokens: target, keys: source, layers: layersOf(capture, 'cross') },
  ];
}

/** The heads of every captured layer, for one sequence of the batch. */
export function layersOf(capture: Capture, name: string, row = 0): AttentionMatrix[][] {
  const layers: AttentionMatrix[][] = [];
  for (let value; (value = capture.get(`${name}.${layers.length}`));) layers.push(headsOf(value, row));
  return layers;
}

/** The matrices of every head for one sequence of the batch, from captured weights `[B, H, T, S]`. */
export function headsOf({ shape, data }: CapturedValue, row = 0): AttentionMatrix[] {
  const [, heads, queries, keys] = shape;
  return Array.from({ length: heads }, (_, head) =>
    Array.from({ length: queries }, (_, query) => {
      const start = ((row * heads + head) * queries + query) * keys;
      return Array.from(data.subarray(start, start + keys));
    }),
  );
}

/** What a language model captures for ids `[B · T]`. */
export function capturedByLanguageModel(
  model: LanguageModel,
  ids: ArrayLike<number>,
  batch = 1,
): Promise<Capture> {
  return captured(model, (capture): tf.Tensor =>
    model.forward(idTensor(ids, batch), { capture, lastOnly: true }),
  );
}

export function withoutAttention(model: AnyModel): Error {
  return new Error(`${model.constructor.name}: has no attention weights. Expected a model with attention.`);
}
