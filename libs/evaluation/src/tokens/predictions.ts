// Next-token probabilities: after a prompt, and at every position of a text.
import type { LanguageModel } from '@lilformer/models';
import { softmax, topTokens, type Prompt } from '@lilformer/sampling';
import type { Tokenizer } from '@lilformer/tokenizers';
import { idTensor, valuesOf } from '../tensor-values.js';
import { promptIds } from './prompt-ids.js';
import { visibleToken } from './visible-token.js';

/** A token and its probability. */
export interface TokenProbability {
  readonly id: number;
  /** The token with visible white space. */
  readonly token: string;
  readonly probability: number;
}

/** A token of a text and the model's prediction for its position. */
export interface TokenPrediction {
  /** The token of the text. */
  readonly actual: TokenProbability;
  /** The most likely token. */
  readonly predicted: TokenProbability;
  /** Rank of the actual token by probability, from 1. */
  readonly rank: number;
}

/**
 * The `count` most likely next tokens, most likely first. Of a prompt longer than the context the last tokens are used.
 *
 * @throws Error when the prompt is empty; RangeError when an id is not in the model's vocabulary
 */
export async function predictNext(
  model: LanguageModel,
  tokenizer: Tokenizer,
  prompt: Prompt,
  count: number,
): Promise<TokenProbability[]> {
  const logits = await logitsOf(model, promptIds(model, tokenizer, prompt), true);
  return topTokens(logits, count).map(({ id, probability }) => ({
    id,
    token: nameOf(tokenizer, id),
    probability,
  }));
}

/**
 * The predictions at every position of a text, given the tokens before it. Of a text longer than the context the last tokens
 * are used.
 *
 * @returns one prediction per token, except for the first token
 * @throws Error when the text is empty; RangeError when an id is not in the model's vocabulary
 */
export async function predictEachToken(
  model: LanguageModel,
  tokenizer: Tokenizer,
  text: Prompt,
): Promise<TokenPrediction[]> {
  const ids = promptIds(model, tokenizer, text);
  const logits = await logitsOf(model, ids, false);
  return ids.slice(1).map((id, position) => {
    const row = logits.subarray(position * model.vocabSize, (position + 1) * model.vocabSize);
    const probabilities = softmax(row);
    const tokenOf = (of: number): TokenProbability => ({
      id: of,
      token: nameOf(tokenizer, of),
      probability: probabilities[of],
    });
    const rank = row.reduce(
      (sum, logit, other) => sum + Number(logit > row[id] || (logit === row[id] && other < id)),
      1,
    );
    return { actual: tokenOf(id), predicted: tokenOf(topTokens(row, 1)[0].id), rank };
  });
}

/** A model may have more rows than its tokenizer has tokens. */
function nameOf(tokenizer: Tokenizer, id: number): string {
  return id < tokenizer.vocabSize ? visibleToken(tokenizer, id) : `#${id}`;
}

/** Logits `[T · V]` in evaluation mode; with `lastOnly` `[V]`. */
function logitsOf(model: LanguageModel, ids: readonly number[], lastOnly: boolean): Promise<Float32Array> {
  return valuesOf(() => model.evaluating(() => model.forward(idTensor(ids), { lastOnly })));
}
