import { parseSafetensors, toFloat32 } from '@lilformer/checkpoints';
import { openEngine, tf } from '@lilformer/engine';
import { createModel, type LanguageModel, type ModelConfig } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { golden, goldenJson, largestDifference, relativeDifference, tolerances } from '@lilformer/testing';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generate, type GeneratedToken } from './generate.js';
import { topTokens } from './logits/sample.js';

const CASES: readonly [string, string][] = [
  ['evolution/03_bigram', 'bigram'],
  ['evolution/04_attention', 'attention'],
  ['evolution/05_positional', 'positional-attention'],
  ['evolution/06_ffn', 'attention-ffn'],
  ['evolution/07_transformer_block', 'transformer'],
  ['evolution/08_stacked', 'stacked-transformer'],
  ['evolution/09_multihead', 'multi-head-transformer'],
  ['evolution/10_moe', 'moe-transformer'],
  ['tiny_transformer', 'tiny-transformer'],
  ['recurrent/simple_rnn', 'simple-rnn'],
  ['recurrent/multi_layer_rnn', 'multi-layer-rnn'],
  ['recurrent/gru_lm', 'gru'],
  ['nano_gpt', 'tied-transformer'],
  ['char_gpt', 'char-gpt'],
];

interface Case {
  arguments: Record<string, number>;
  generation: { stop_id?: number };
}

const OUR_NAMES: Record<string, string> = {
  max_seq_len: 'contextLength',
  block_size: 'contextLength',
  n_embd: 'dModel',
  n_embed: 'dModel',
  n_head: 'nHeads',
  n_layer: 'nLayers',
  num_layers: 'nLayers',
};

/** Names that are not here are the same in camel case. */
const ourName = (name: string): string =>
  OUR_NAMES[name] ?? name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

for (const [folder, type] of CASES) {
  describe(`greedy sequence of ${folder}`, () => {
    const { arguments: sizes, generation } = goldenJson<Case>(`${folder}/config.json`);
    const read = (file: string) => parseSafetensors(readFileSync(golden(`${folder}/${file}`))).tensors;
    const expected = read('generation.safetensors');
    const numbers = (name: string) => Array.from(expected.get(name)!.data as BigInt64Array, Number);
    const prompt = numbers(expected.has('prompt') ? 'prompt' : 'start_token');
    const greedyIds = numbers('greedy_ids');
    const stepLogits = toFloat32(expected.get('step_logits')!);
    const steps = greedyIds.length - prompt.length;
    const eosTokenId = generation.stop_id === undefined ? [] : [generation.stop_id];
    let model: LanguageModel;

    beforeAll(async () => {
      await openEngine();
      const settings = Object.entries(sizes).map(([name, size]) => [ourName(name), size]);
      const scale = type === 'char-gpt' ? { attentionScale: 'width' } : {};
      const config = { type, ...Object.fromEntries(settings), ...scale } as ModelConfig;
      model = createModel(config, new Random(0));
      model.loadStateDict(read('weights.safetensors'));
      const token = tf.tensor2d([[0]], [1, 1], 'int32');
      tf.dispose([token, model.forward(token)]); // creates the model's constants
    });
    afterAll(() => model?.dispose());

    it.each([{ useCache: true }, { useCache: false }])('is reproduced with %o', async ({ useCache }) => {
      const before = tf.memory().numTensors;
      const tokens: GeneratedToken[] = [];
      const options = { temperature: 0, maxNewTokens: steps, eosTokenId, useCache };
      for await (const token of generate(model, undefined, prompt, options)) tokens.push(token);

      expect([...prompt, ...tokens.map(({ id }) => id)]).toEqual(greedyIds);
      expect(tokens.at(-1)!.finishReason).toBe(eosTokenId.includes(greedyIds.at(-1)!) ? 'stop' : 'length');
      const width = stepLogits.length / steps;
      tokens.forEach(({ logits }, step) => {
        const row = stepLogits.subarray(step * width, (step + 1) * width);
        expect(relativeDifference(logits, row)).toBeLessThan(tolerances.output);
      });
      // Long enough that the window slides; the original nanoGPT never crops, so its sequence ends at the context.
      if (Number.isFinite(model.contextLength) && type !== 'tied-transformer') {
        expect(greedyIds.length).toBeGreaterThan(model.contextLength + 1);
      }
      expect(tf.memory().numTensors).toBe(before);
    });

    if (type !== 'char-gpt' && type !== 'tiny-transformer') return;
    it('has the five most likely tokens at each step', async () => {
      const ids = numbers('top5_ids');
      const probabilities = toFloat32(expected.get('top5_probs')!);
      let step = 0;
      for await (const { logits } of generate(model, undefined, prompt, {
        temperature: 0,
        maxNewTokens: steps,
      })) {
        const top = topTokens(logits, 5);
        expect(top.map(({ id }) => id)).toEqual(ids.slice(5 * step, 5 * step + 5));
        const difference = largestDifference(
          top.map(({ probability }) => probability),
          probabilities.subarray(5 * step, 5 * step + 5),
        );
        expect(difference).toBeLessThan(tolerances.output);
        step++;
      }
      expect(step).toBe(steps);
    });
  });
}
