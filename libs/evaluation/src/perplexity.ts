// How surprised a model is by a text, by named protocols. A perplexity without its protocol says little: the same model is
// surprised less where more of the text before is in view. Leaves out comparing models (compare.ts).
import { batches, type TokenSource, type Windows } from '@lilformer/datasets';
import type { LanguageModel } from '@lilformer/models';
import { setImmediate } from 'node:timers/promises';
import { continuedParts, slidingParts, windowParts, type ScoredPart } from './scored-parts.js';

/** Each token once, with as much of the text before it as the model can see. */
export interface EachTokenOnce {
  readonly protocol: 'each-token-once';
  /** The text. Its first token has nothing before it, and is not counted. */
  readonly source: TokenSource;
  /**
   * By how many tokens the window moves on. 1, the default, gives each token the most context, `contextLength` tokens where
   * the text has as many before it, at the price of a whole window a token. With s each has at least `contextLength - s + 1`
   * and the price is s times lower. Models without a longest text (recurrent ones) read on, and need none.
   */
  readonly stride?: number;
  /** Windows side by side; default 32. */
  readonly batchSize?: number;
}

/**
 * The mean over all windows, each from an empty context: with stride 1, as some notebooks validate, a token counts once in
 * every place that it can have.
 */
export interface AllWindows {
  readonly protocol: 'all-windows';
  readonly windows: Windows;
  /** Windows side by side; default 32. */
  readonly batchSize?: number;
}

/** The mean over some random batches of windows: an estimate, whose error the number of batches decides. */
export interface RandomBatches {
  readonly protocol: 'random-batches';
  readonly windows: Windows;
  /** How many batches, such as 200. */
  readonly batches: number;
  readonly batchSize: number;
  /** The same seed draws the same windows; default 0. */
  readonly seed?: number | string;
}

/** What is measured, and how. */
export type PerplexityProtocol = EachTokenOnce | AllWindows | RandomBatches;

/** A measured perplexity. */
export interface Perplexity {
  readonly protocol: PerplexityProtocol['protocol'];
  /** The protocol with its numbers, such as `all 89,531 windows of 64 tokens, stride 1`. */
  readonly description: string;
  /** Mean cross entropy in nats a token. */
  readonly loss: number;
  /** exp(loss) */
  readonly perplexity: number;
  /** How many predictions the mean is over. */
  readonly tokens: number;
  /**
   * Mean loss by place: at p of the predictions that p + 1 tokens of context were there for, NaN where there were none. Empty
   * for a model that reads on without end, each token in a place of its own.
   */
  readonly byPosition: readonly number[];
  /** How many predictions each mean of `byPosition` is over. */
  readonly predictionsByPosition: readonly number[];
  /** How long it took. */
  readonly seconds: number;
  /** Tokens fed to the model a second; more than are counted where windows overlap. */
  readonly tokensPerSecond: number;
}

/** How far a measurement is. */
export interface PerplexityProgress {
  readonly type: 'progress';
  /** Tokens fed to the model so far, and in the end. */
  readonly fed: number;
  readonly total: number;
  /** Mean loss so far, in nats a token. */
  readonly loss: number;
  readonly tokensPerSecond: number;
  /** Seconds so far, and those that the rest will take at this rate. */
  readonly elapsed: number;
  readonly eta: number;
}

/** What a measurement tells. */
export type PerplexityEvent = PerplexityProgress | { readonly type: 'done'; readonly result: Perplexity };

/** What `measurePerplexity` takes besides model and protocol. */
export interface PerplexityOptions {
  /** Ends the measurement with the signal's reason as error. */
  readonly signal?: AbortSignal;
}

/**
 * Measures, and tells after each batch how far it is; the last event has the result. The model is run in evaluation mode and
 * left in the mode it was in, no tensor stays behind, and the event loop has a turn between batches.
 *
 * @throws RangeError at once for windows that do not fit the model, or numbers that make no sense
 */
export function measurePerplexity(
  model: LanguageModel,
  protocol: PerplexityProtocol,
  options: PerplexityOptions = {},
): AsyncGenerator<PerplexityEvent, void, undefined> {
  const plan = planOf(model, protocol);
  return run(protocol.protocol, plan, options);
}

/** {@link measurePerplexity} without the progress: its result. */
export async function perplexity(
  model: LanguageModel,
  protocol: PerplexityProtocol,
  options: PerplexityOptions = {},
): Promise<Perplexity> {
  for await (const event of measurePerplexity(model, protocol, options)) {
    if (event.type === 'done') return event.result;
  }
  throw new Error('a measurement ended without a result');
}

/** What there is to do. */
interface Plan {
  readonly description: string;
  /** Tokens that will be fed. */
  readonly total: number;
  /** Places that a prediction can have; 0 where they have no end. */
  readonly positions: number;
  readonly parts: Iterable<ScoredPart>;
}

function planOf(model: LanguageModel, protocol: PerplexityProtocol): Plan {
  const count = (value: number) => value.toLocaleString('en-US');
  const { batchSize = 32 } = protocol;
  expectCount('batchSize', batchSize);
  if (protocol.protocol === 'each-token-once') {
    const { source, stride = 1 } = protocol;
    expectCount('stride', stride);
    if (source.length < 2) {
      throw new RangeError(
        `a text of ${source.length} tokens: expected at least 2, one to predict the other from`,
      );
    }
    const tokens = source.length - 1;
    const context = Math.min(model.contextLength, tokens);
    if (model.contextLength === Infinity) {
      return {
        description: `each of ${count(tokens)} tokens once, with all of the text before it`,
        total: tokens,
        positions: 0,
        parts: continuedParts(model, source),
      };
    }
    if (stride > context) {
      throw new RangeError(
        `stride ${stride}: the context of ${context} tokens would leave some out; expected at most that`,
      );
    }
    const moves = Math.ceil((tokens - context) / stride);
    return {
      description: `each of ${count(tokens)} tokens once, with ${context === tokens ? 'all' : `up to ${count(context)} tokens`} of the text before it, stride ${stride}`,
      total: (1 + moves) * context,
      positions: context,
      parts: slidingParts(model, source, context, stride, batchSize),
    };
  }
  const { windows } = protocol;
  if (windows.length > model.contextLength) {
    throw new RangeError(
      `windows of ${windows.length} tokens: the model's context is ${model.contextLength}; give windows of at most that`,
    );
  }
  const positions = windows.length;
  if (protocol.protocol === 'all-windows') {
    return {
      description: `all ${count(windows.count)} windows of ${windows.length} tokens, stride ${windows.stride}`,
      total: windows.count * windows.length,
      positions,
      parts: windowParts(model, batches(windows, { batchSize, order: 'sequential' })),
    };
  }
  const { batches: limit, seed = 0 } = protocol;
  expectCount('batches', limit);
  return {
    description: `${count(limit)} random batches of ${count(batchSize)} windows of ${windows.length} tokens, seed ${seed}`,
    total: limit * batchSize * windows.length,
    positions,
    parts: windowParts(model, batches(windows, { batchSize, order: 'random', limit, seed })),
  };
}

async function* run(
  protocol: PerplexityProtocol['protocol'],
  { description, total, positions, parts }: Plan,
  { signal }: PerplexityOptions,
): AsyncGenerator<PerplexityEvent, void, undefined> {
  const started = performance.now();
  const sums = new Float64Array(positions);
  const counts = new Float64Array(positions);
  let sum = 0;
  let tokens = 0;
  let fed = 0;
  let elapsed = 0;
  signal?.throwIfAborted();
  for (const part of parts) {
    for (let i = 0; i < part.losses.length; i++) {
      const place = part.from + (i % part.places);
      sum += part.losses[i];
      if (positions > 0) {
        sums[place] += part.losses[i];
        counts[place]++;
      }
    }
    tokens += part.losses.length;
    fed += part.fed;
    elapsed = (performance.now() - started) / 1000;
    const tokensPerSecond = fed / elapsed;
    const eta = (total - fed) / tokensPerSecond;
    yield { type: 'progress', fed, total, loss: sum / tokens, tokensPerSecond, elapsed, eta };
    await setImmediate();
    signal?.throwIfAborted();
  }
  const loss = sum / tokens;
  yield {
    type: 'done',
    result: {
      protocol,
      description,
      loss,
      perplexity: Math.exp(loss),
      tokens,
      byPosition: Array.from(sums, (each, i) => each / counts[i]),
      predictionsByPosition: Array.from(counts),
      seconds: elapsed,
      tokensPerSecond: fed / elapsed,
    },
  };
}

function expectCount(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new RangeError(`${name} ${value}: expected a whole number of at least 1`);
  }
}
