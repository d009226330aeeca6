// A model of the generation race from its folder, a text, and what it makes of it by a loop around the model, without the
// sampling library: what both the race and the profile run.
import { tf } from '@lilformer/engine';
import { BertModel, EncoderDecoderModel, fromPretrained, type PretrainedModel } from '@lilformer/models';
import { argmax, type GenerativeModel } from '@lilformer/sampling';
import type { Precision } from './contestants.js';
import { generationModels, PROMPT, TEXTS, WRITTEN } from './generation-models.js';

/** A model with its weights in this precision, and how long that took. */
export async function load(
  folder: string,
  weights: Precision,
): Promise<{ model: PretrainedModel; ms: number }> {
  const start = performance.now();
  const { model } = await fromPretrained(folder, { weights });
  return { model, ms: performance.now() - start };
}

/** Ids that look random, the same on both sides. */
export function promptOf(name: string, texts = 1): number[] {
  const vocabulary = generationModels[name].vocab_size as number;
  return Array.from({ length: texts * PROMPT }, (_, i) => (i * 7919 + 13) % vocabulary);
}

/** Whether the model writes; else it reads only. */
export function isWriter(model: PretrainedModel): model is PretrainedModel & GenerativeModel {
  return 'createCache' in model;
}

/** Milliseconds of reading: the prompt, or all texts of an encoder alone; and of the latter the largest of each vector. */
export function read(name: string, model: PretrainedModel): { ms: number; ids: number[] } {
  const texts = model instanceof BertModel ? TEXTS : 1;
  const ids = tf.tensor2d(Int32Array.from(promptOf(name, texts)), [texts, PROMPT], 'int32');
  const start = performance.now();
  const hidden = tf.tidy(() => {
    if (model instanceof BertModel) return model.forward(ids).hidden;
    if (model instanceof EncoderDecoderModel) return model.encode(ids);
    return (model as Extract<PretrainedModel, GenerativeModel> & { forward: CausalForward }).forward(ids, {
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

/**
 * The likeliest token, again and again.
 *
 * @param token is called before each token but the first, which comes with the prompt
 * @returns the ids, and the milliseconds of all but the first
 */
export function writeGreedily(
  model: GenerativeModel,
  prompt: readonly number[],
  token?: () => void,
): { ids: number[]; ms: number } {
  const tensor = (ids: readonly number[]): tf.Tensor2D =>
    tf.tensor2d(Int32Array.from(ids), [1, ids.length], 'int32');
  const cache = model.createCache(1);
  const encoded =
    model instanceof EncoderDecoderModel ? tf.tidy(() => model.encode(tensor(prompt))) : undefined;
  const likeliest = (tokens: readonly number[]): number => {
    const logits = tf.tidy(() =>
      model instanceof EncoderDecoderModel
        ? model.decode(tensor(tokens), { encoded: encoded!, cache, lastOnly: true })
        : model.forward(tensor(tokens), { cache, lastOnly: true }),
    );
    const id = argmax(logits.dataSync() as Float32Array);
    logits.dispose();
    return id;
  };
  const ids = [likeliest(model instanceof EncoderDecoderModel ? [model.startId] : prompt)];
  const start = performance.now();
  while (ids.length < WRITTEN) {
    token?.();
    ids.push(likeliest([ids.at(-1)!]));
  }
  const ms = performance.now() - start;
  cache.dispose();
  encoded?.dispose();
  return { ids, ms };
}
