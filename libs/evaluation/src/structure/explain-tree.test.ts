// Output shapes against those of a forward pass.
import { openEngine, tf } from '@lilformer/engine';
import { Capture } from '@lilformer/layers';
import { EncoderDecoderModel, LanguageModel, modelFromConfig } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { goldenJson } from '@lilformer/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { explainTree } from './explain-tree.js';

beforeAll(async () => void (await openEngine()));

for (const family of ['gpt2', 'bert', 'bart', 't5']) {
  describe(`shapes of ${family}`, () => {
    it('equal those of a forward pass', () => {
      const config = goldenJson(`hf/${family}/config.json`);
      const model = modelFromConfig(config, new Random(1));
      const capture = new Capture();
      const ids = (length: number): tf.Tensor2D => tf.ones([2, length], 'int32');
      const [tokens, source] = [5, 8];
      const logits = tf.tidy(() => {
        if (model instanceof EncoderDecoderModel)
          return model.forward(ids(source), ids(tokens), { capture }).shape;
        if (model instanceof LanguageModel) return model.forward(ids(tokens), { capture }).shape;
        return (model.forward(ids(tokens), { capture }) as tf.Tensor).shape;
      });
      const parts = explainTree(model, { batch: 2, tokens, source });
      const part = (pattern: RegExp, side?: string) => {
        const from = side === undefined ? 0 : parts.findIndex(({ name }) => name === side);
        return parts.slice(from).find(({ kind }) => pattern.test(kind))!;
      };
      expect(parts[0].shape).toEqual(logits);
      const scores = parts.filter(({ name }) => /^(lm_head|decoder)$/.test(name) && parts.length > 0).at(-1)!;
      expect(scores.shape).toEqual(logits);
      const blocks = /(Block|BertLayer|EncoderLayer|DecoderLayer)$/;
      if (model instanceof EncoderDecoderModel) {
        expect(part(blocks, 'encoder').shape).toEqual(capture.get('encoder.hidden.1')!.shape);
        expect(part(blocks, 'decoder').shape).toEqual(capture.get('decoder.hidden.1')!.shape);
      } else {
        expect(part(blocks).shape).toEqual(capture.get('hidden.1')!.shape);
      }
      model.dispose();
    });
  });
}
