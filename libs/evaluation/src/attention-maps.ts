// What a model of any kind looks at: its attention within a text, and of an encoder-decoder within both texts and between
// them. A language model's alone is attention-map.ts. Leaves out what the patterns mean (heads.ts) and drawing them.
import { tf } from '@lilformer/engine';
import { BertForMaskedLM, BertModel, Capture, EncoderDecoderModel, type AnyModel } from '@lilformer/models';
import type { Prompt } from '@lilformer/sampling';
import type { Tokenizer } from '@lilformer/tokenizers';
import { attentionHeads, captured, type AttentionMatrix } from './attention-map.js';
import { promptIds } from './prompt-ids.js';
import { visibleToken } from './visible-token.js';

/** Attention of one kind, in all layers. */
export interface AttentionStack {
  /** Whose it is: a decoder's or encoder's to its own text, or `cross`, a decoder's to the encoder's. */
  readonly where: 'decoder' | 'encoder' | 'cross';
  /** The tokens that look, with visible white space. */
  readonly tokens: readonly string[];
  /** The tokens that are looked at. */
  readonly keys: readonly string[];
  /** [layers][heads][queries][keys]; each row of weights sums to 1. */
  readonly layers: readonly (readonly AttentionMatrix[])[];
}

/**
 * Every attention of a model to a prompt; of one that is longer than the context, those of its last tokens.
 *
 * @param answer what the decoder of an encoder-decoder is given behind its start token; needed there, and of no use else
 * @returns one stack of a language model or encoder, three of an encoder-decoder: encoder, decoder, cross
 * @throws Error when there is no token to read, an id is unknown, an answer is missing, or the model has no attention
 */
export function attentionStacks(
  model: AnyModel,
  tokenizer: Tokenizer,
  prompt: Prompt,
  answer?: Prompt,
): AttentionStack[] {
  const isLanguageModel = !(
    model instanceof EncoderDecoderModel ||
    model instanceof BertModel ||
    model instanceof BertForMaskedLM
  );
  // Encoders were trained with special tokens around their texts.
  const text =
    typeof prompt === 'string' && !isLanguageModel
      ? tokenizer.encode(prompt, { addSpecialTokens: true })
      : prompt;
  const ids = promptIds(model, tokenizer, text);
  const shown = (each: readonly number[]): string[] => each.map((id) => visibleToken(tokenizer, id));
  const stack = (
    where: AttentionStack['where'],
    name: string,
    capture: Capture,
    tokens: string[],
    keys = tokens,
  ) => {
    const layers: AttentionMatrix[][] = [];
    for (let value; (value = capture.get(`${name}.${layers.length}`));) layers.push(attentionHeads(value));
    if (layers.length > 0) return { where, tokens, keys, layers };
    throw new Error(`${model.constructor.name} has no attention weights: expected a model with attention`);
  };
  if (isLanguageModel) {
    const capture = captured(model, Int32Array.from(ids), 1, ids.length);
    return [stack('decoder', 'attn', capture, shown(ids))];
  }
  const capture = new Capture();
  if (!(model instanceof EncoderDecoderModel)) {
    model.evaluating(() => tf.tidy(() => void model.forward(tensor(ids), { capture })));
    return [stack('encoder', 'attn', capture, shown(ids))];
  }
  if (answer === undefined) {
    throw new Error(`${model.constructor.name}: expected an answer, which its decoder attends with`);
  }
  const written = typeof answer === 'string' && answer === '' ? [] : promptIds(model, tokenizer, answer);
  const decoderIds = [model.config.decoderStartTokenId, ...written].slice(0, model.contextLength);
  model.evaluating(() => tf.tidy(() => void model.forward(tensor(ids), tensor(decoderIds), { capture })));
  const [source, target] = [shown(ids), shown(decoderIds)];
  return [
    stack('encoder', 'encoder.attn', capture, source),
    stack('decoder', 'decoder.attn', capture, target),
    stack('cross', 'cross', capture, target, source),
  ];
}

function tensor(ids: readonly number[]): tf.Tensor2D {
  return tf.tensor2d([[...ids]], [1, ids.length], 'int32');
}
