import { parseSafetensors, toFloat32 } from '@lilformer/checkpoints';
import { openEngine, tf } from '@lilformer/engine';
import { createModel, type AnyModelConfig, type LanguageModel, type ModelType } from '@lilformer/models';
import { Random } from '@lilformer/random';
import {
  describeGolden,
  golden,
  goldenJson,
  largestDifference,
  relativeDifference,
} from '@lilformer/testing';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { topTokens } from './draw.js';
import { generateIds, type GeneratedId } from './generate.js';

const CASES: readonly [string, ModelType][] = [
  ['evolution/03_bigram', 'bigram'],
  ['evolution/04_attention', 'attention'],
  ['evolution/05_positional', 'positional-attention'],
  ['evolution/06_ffn', 'attention-ffn'],
  ['evolution/07_transformer_block', 'transformer'],
  ['evolution/08_stacked', 'stacked-transformer'],
  ['evolution/09_multihead', 'multi-head-transformer'],
  ['evolution/10_moe', 'moe-transformer'],
  ['tiny_transformer', 'tiny-transformer'],
];

interface Case {
  arguments: Record<string, number>;
  generation: { stop_id?: number };
}

/** `max_seq_len` is our contextLength; every other name is the same in camel case. */
const ourName = (name: string): string =>
  name === 'max_seq_len'
    ? 'contextLength'
    : name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

for (const [folder, type] of CASES) {
  describeGolden(`greedy text of ${folder}`, golden(`${folder}/generation.safetensors`), () => {
    const { arguments: sizes, generation } = goldenJson<Case>(`${folder}/config.json`);
    const read = (file: string) => parseSafetensors(readFileSync(golden(`${folder}/${file}`))).tensors;
    const expected = read('generation.safetensors');
    const numbers = (name: string) => Array.from(expected.get(name)!.data as BigInt64Array, Number);
    const prompt = numbers('prompt');
    const greedyIds = numbers('greedy_ids');
    const stepLogits = toFloat32(expected.get('step_logits')!);
    const steps = greedyIds.length - prompt.length;
    const stopTokens = generation.stop_id === undefined ? [] : [generation.stop_id];
    let model: LanguageModel;

    beforeAll(async () => {
      await openEngine();
      const settings = Object.entries(sizes).map(([name, size]) => [ourName(name), size]);
      model = createModel({ type, ...Object.fromEntries(settings) } as AnyModelConfig, new Random(0));
      model.loadStateDict(read('weights.safetensors'));
      const token = tf.tensor2d([[0]], [1, 1], 'int32');
      tf.dispose([token, model.forward(token)]); // makes a model's lasting constants
    });
    afterAll(() => model?.dispose());

    it.each([{ cache: true }, { cache: false }])('is reproduced with %o', async ({ cache }) => {
      const before = tf.memory().numTensors;
      const tokens: GeneratedId[] = [];
      const options = { temperature: 0, maxTokens: steps, stopTokens, cache };
      for await (const token of generateIds(model, prompt, options)) tokens.push(token);

      expect([...prompt, ...tokens.map(({ id }) => id)]).toEqual(greedyIds);
      expect(tokens.at(-1)!.finish).toBe(stopTokens.includes(greedyIds.at(-1)!) ? 'stop' : 'length');
      const width = stepLogits.length / steps;
      tokens.forEach(({ logits }, step) => {
        const row = stepLogits.subarray(step * width, (step + 1) * width);
        expect(relativeDifference(logits, row)).toBeLessThan(1e-5);
      });
      if (type !== 'bigram') expect(greedyIds.length).toBeGreaterThan(model.contextLength + 1);
      expect(tf.memory().numTensors).toBe(before);
    });

    if (!expected.has('top5_ids')) return;
    it('has the five likeliest tokens at each step', async () => {
      const ids = numbers('top5_ids');
      const probabilities = toFloat32(expected.get('top5_probs')!);
      let step = 0;
      for await (const { logits } of generateIds(model, prompt, { temperature: 0, maxTokens: steps })) {
        const top = topTokens(logits, 5);
        expect(top.map(({ id }) => id)).toEqual(ids.slice(5 * step, 5 * step + 5));
        const difference = largestDifference(
          top.map(({ probability }) => probability),
          probabilities.subarray(5 * step, 5 * step + 5),
        );
        expect(difference).toBeLessThan(1e-5);
        step++;
      }
      expect(step).toBe(steps);
    });
  });
}
