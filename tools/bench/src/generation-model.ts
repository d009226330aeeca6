// Loading, prompt processing and greedy generation with a model, without the sampling library.
import { tf } from '@lilformer/engine';
import { BertModel, EncoderDecoderModel, loadModel, type AnyModel } from '@lilformer/models';
import { argmax, type GenerativeModel } from '@lilformer/sampling';
import type { Precision } from './contestants.js';
import { BATCH, generationModels, NEW_TOKENS, PROMPT } from './generation-models.js';

export async function load(folder: string, dtype: Precision): Promise<{ model: AnyModel; ms: number }> {
  const start = performance.now();
  const { model } = await loadModel(folder, { dtype });
  return { model, ms: performance.now() - start };
}

/** Fixed pseudorandom token ids. */
export function promptOf(name: string, batch = 1): number[] {
  const vocabulary = generationModels[name].vocab_size as number;
  return Array.from({ length: batch * PROMPT }, (_, i) => (i * 7919 + 13) % vocabulary);
}

/** Whether the model generates; BERT does not. */
export function canGenerate(model: AnyModel): model is AnyModel & GenerativeModel {
  return 'createCache' in model;
}

/** Processes the prompt, or a batch with an encoder-only model; returns milliseconds and the argmax of each output. */
export function processPrompt(name: string, model: AnyModel): { ms: number; ids: number[] } {
  const batch = model instanceof BertModel ? BATCH : 1;
  const ids = tf.tensor2d(Int32Array.from(promptOf(name, batch)), [batch, PROMPT], 'int32');
  const start = performance.now();
  const hidden = tf.tidy(() => {
    if (model instanceof BertModel) return model.forward(ids).lastHiddenState;
    if (model instanceof EncoderDecoderModel) return model.encode(ids);
    return (model as Extract<AnyModel, GenerativeModel> & { forward: CausalForward }).forward(ids, {
      lastOnly: true,
    });
  });
  const values = hidden.dataSync() as Float32Array;
  const ms = performance.now() - start;
  const [, rows, width] = hidden.shape;
  const largest = Array.from({ length: rows }, (_, i) => argmax(values.subarray(i * width, (i + 1) * width)));
  tf.dispose([ids, hidden]);
  return { ms, ids: largest };
}

type CausalForward = (ids: tf.Tensor2D, options: { lastOnly: boolean }) => tf.Tensor3D;

/** Greedy generation; `ms` is the time of all tokens but the first. */
export function generateGreedily(
  model: GenerativeModel,
  prompt: readonly number[],
): { ids: number[]; ms: number } {
  const tensor = (ids: readonly number[]): tf.Tensor2D =>
    tf.tensor2d(Int32Array.from(ids), [1, ids.length], 'int32');
  const cache = model.createCache(1);
  const encoded =
    model instanceof EncoderDecoderModel ? tf.tidy(() => model.encode(tensor(prompt))) : undefined;
  const next = (tokens: readonly number[]): number => {
    const logits = tf.tidy(() =>
      model instanceof EncoderDecoderModel
        ? model.decode(tensor(tokens), { encoded: encoded!, cache, lastOnly: true })
        : model.forward(tensor(tokens), { cache, lastOnly: true }),
    );
    const id = argmax(logits.dataSync() as Float32Array);
    logits.dispose();
    return id;
  };
  const ids = [next(model instanceof EncoderDecoderModel ? [model.config.decoderStartTokenId] : prompt)];
  const start = performance.now();
  while (ids.length < NEW_TOKENS) {
    ids.push(next([ids.at(-1)!]));
  }
  const ms = performance.now() - start;
  cache.dispose();
  encoded?.dispose();
  return { ids, ms };
}
