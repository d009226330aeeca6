// What a model expects next, and what it makes of a text that went on in its own way. Leaves out free generation
// (@lilformer/sampling), but for the continuation that is put beside the actual one.
import { tf } from '@lilformer/engine';
import type { LanguageModel } from '@lilformer/models';
import { generateText, softmax, topTokens, type GenerateOptions, type Prompt } from '@lilformer/sampling';
import type { Tokenizer } from '@lilformer/tokenizers';
import { promptIds } from './prompt-ids.js';
import { valuesOf } from './values.js';
import { visibleToken } from './visible-token.js';

/** A token that may come next. */
export interface NextToken {
  readonly id: number;
  /** The token with visible white space. */
  readonly token: string;
  readonly probability: number;
}

/** What comes next in a text, and what the model had expected there. */
export interface Expectation {
  /** What comes. */
  readonly actual: NextToken;
  /** What the model held likeliest. */
  readonly predicted: NextToken;
  /** 1 when the model held what comes for likeliest, 2 when it held one other for likelier, … */
  readonly rank: number;
}

/** A text as it goes on, and as a model goes on. */
export interface PredictedAgainstActual {
  /** What the model was given. */
  readonly prompt: string;
  /** The whole text. */
  readonly actual: string;
  /** The prompt and what the model made of it. */
  readonly predicted: string;
  /** Prompt, text and prediction in tokens. */
  readonly promptTokens: number;
  readonly actualTokens: number;
  readonly predictedTokens: number;
}

/** What `predictedAgainstActual` takes besides model, tokenizer and text. */
export interface ContinuationOptions extends Pick<
  GenerateOptions,
  'temperature' | 'topK' | 'topP' | 'seed' | 'signal'
> {
  /** How many tokens of the text the model is given; default 25, or half of the text if that is less. */
  readonly promptTokens?: number;
}

/**
 * The `count` likeliest next tokens, likeliest first; of a prompt that is longer than the context its last tokens are read.
 *
 * @throws Error when the prompt is empty, RangeError when it holds ids that the model does not know
 */
export function predictNext(
  model: LanguageModel,
  tokenizer: Tokenizer,
  prompt: Prompt,
  count: number,
): NextToken[] {
  const ids = promptIds(model, tokenizer, prompt);
  return topTokens(logitsOf(model, ids, true), count).map(({ id, probability }) => ({
    id,
    token: shown(tokenizer, id),
    probability,
  }));
}

/**
 * What the model expects at each place of a text, having read the text up to there. The first token has nothing before it; of
 * a text longer than the context the last tokens are read.
 *
 * @returns one for each token but the first
 * @throws Error when the text is empty, RangeError when it holds ids that the model does not know
 */
export function expectations(model: LanguageModel, tokenizer: Tokenizer, text: Prompt): Expectation[] {
  const ids = promptIds(model, tokenizer, text);
  const logits = logitsOf(model, ids, false);
  return ids.slice(1).map((id, place) => {
    const row = logits.subarray(place * model.vocabSize, (place + 1) * model.vocabSize);
    const probabilities = softmax(row);
    const [likeliest] = topTokens(row, 1);
    const next = (of: number): NextToken => ({
      id: of,
      token: shown(tokenizer, of),
      probability: probabilities[of],
    });
    let rank = 1;
    for (let other = 0; other < row.length; other++) {
      if (row[other] > row[id] || (row[other] === row[id] && other < id)) rank++;
    }
    return { actual: next(id), predicted: next(likeliest.id), rank };
  });
}

/**
 * Gives the model the first tokens of a text and lets it go on for as many tokens as the text has.
 *
 * The prompt's own ids are fed, not those of its text encoded again, which need not be the same.
 *
 * @throws RangeError when the text has fewer than two tokens, or the prompt would take all of it
 */
export async function predictedAgainstActual(
  model: LanguageModel,
  tokenizer: Tokenizer,
  text: Prompt,
  options: ContinuationOptions = {},
): Promise<PredictedAgainstActual> {
  const ids = [...(typeof text === 'string' ? tokenizer.encode(text) : text)];
  const { promptTokens = Math.min(25, Math.floor(ids.length / 2)), ...sampling } = options;
  if (!Number.isInteger(promptTokens) || promptTokens < 1 || promptTokens >= ids.length) {
    throw new RangeError(
      `promptTokens ${promptTokens}: expected a whole number of at least 1 and below ${ids.length}, the tokens of the text`,
    );
  }
  const prompt = ids.slice(0, promptTokens);
  const maxNewTokens = ids.length - promptTokens;
  const generated = await generateText(model, tokenizer, prompt, { ...sampling, maxNewTokens });
  return {
    prompt: tokenizer.decode(prompt),
    actual: tokenizer.decode(ids),
    predicted: tokenizer.decode([...prompt, ...generated.ids]),
    promptTokens,
    actualTokens: ids.length,
    predictedTokens: promptTokens + generated.ids.length,
  };
}

/** Next tokens as lines with bars: `1. I               0.065 ██`. */
export function nextTokenLines(next: readonly NextToken[]): string[] {
  const width = Math.max(15, ...next.map(({ token }) => [...token].length));
  return next.map(({ token, probability }, i) => {
    const name = token + ' '.repeat(width - [...token].length);
    return `${i + 1}. ${name} ${probability.toFixed(3)} ${'█'.repeat(Math.floor(probability * 40))}`.trimEnd();
  });
}

/** A model may have more rows than its tokenizer has tokens. */
function shown(tokenizer: Tokenizer, id: number): string {
  return id < tokenizer.vocabSize ? visibleToken(tokenizer, id) : `#${id}`;
}

/** Logits [T · V] in evaluation mode, or with `lastOnly` [V]. */
function logitsOf(model: LanguageModel, ids: readonly number[], lastOnly: boolean): Float32Array {
  return model.evaluating(() =>
    valuesOf(() => {
      const fed = tf.tensor2d(Int32Array.from(ids), [1, ids.length], 'int32');
      return model.forward(fed, { lastOnly });
    }),
  );
}
