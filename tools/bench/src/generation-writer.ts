// A model of the generation race, a prompt, and the greedy continuation by a loop around the model, without the sampling
// library: what both the race and the profile run.
import { tf } from '@lilformer/engine';
import { Random } from '@lilformer/random';
import { argmax } from '@lilformer/sampling';
import { generationModels, PROMPT, WRITTEN } from './generation-models.js';
import { BenchGpt2 } from './models/gpt2.js';

/** A model with random weights, and a prompt of random ids. */
export function createWriter(name: string): { model: BenchGpt2; prompt: number[] } {
  const random = new Random(0);
  const model = new BenchGpt2(generationModels[name], random.split('weights'));
  model.eval();
  const prompt = Array.from({ length: PROMPT }, () => random.integer(model.vocabSize));
  return { model, prompt };
}

/**
 * The likeliest token, again and again.
 *
 * @param token is called before each token but the first, which comes with the prompt
 * @returns the ids, and the milliseconds of all but the first
 */
export function writeGreedily(
  model: BenchGpt2,
  prompt: readonly number[],
  token?: () => void,
): { ids: number[]; ms: number } {
  const cache = model.createCache(1);
  const likeliest = (tokens: readonly number[]): number => {
    const logits = tf.tidy(() => {
      const ids = tf.tensor2d(Int32Array.from(tokens), [1, tokens.length], 'int32');
      return model.forward(ids, { cache, lastOnly: true });
    });
    const id = argmax(logits.dataSync() as Float32Array);
    logits.dispose();
    return id;
  };
  const ids = [likeliest(prompt)];
  const start = performance.now();
  while (ids.length < WRITTEN) {
    token?.();
    ids.push(likeliest([ids.at(-1)!]));
  }
  const ms = performance.now() - start;
  cache.dispose();
  return { ids, ms };
}
