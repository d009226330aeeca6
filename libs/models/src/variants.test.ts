// The four families with settings that are not the defaults, against transformers: logits, losses, all gradients. What made
// the expectations is fixtures/variants.py.
import { readSafetensors, type NamedArray } from '@lilformer/checkpoints';
import { openEngine, tf } from '@lilformer/engine';
import { largestDifference } from '@lilformer/testing';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { HuggingFaceConfig } from './index.js';
import { lossOf, type Trainable } from './testing/family-loss.js';
import { floats } from './testing/golden-case.js';
import { expectClose, modelWith, read } from './testing/hugging-face-case.js';

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const configs = JSON.parse(readFileSync(fixture('variants.json'), 'utf8')) as Record<
  string,
  HuggingFaceConfig
>;

let file: ReadonlyMap<string, NamedArray>;

beforeAll(async () => {
  await openEngine();
  file = (await readSafetensors(fixture('variants.safetensors'))).tensors;
});

/** Tensors of the file whose names begin so, with what follows. */
function part(prefix: string): Map<string, NamedArray> {
  const some = [...file].filter(([name]) => name.startsWith(prefix));
  return new Map(some.map(([name, array]) => [name.slice(prefix.length), array]));
}

describe.each(Object.keys(configs))('%s', (name) => {
  it('gives the same logits, loss and gradients', () => {
    const model = modelWith<Trainable>(configs[name], part(`${name}/weight.`));
    tf.tidy(() => {
      const { logits, loss } = lossOf(model, part(`${name}/input.`));
      const mask =
        name === 'gpt2' || name === 'bert' ? part(`${name}/input.`).get('attention_mask')!.data : [];
      const visible = mask.length > 0 ? Array.from(mask, Number) : undefined;
      expectClose('logits', read(logits()), part(`${name}/output.`).get('logits'), visible, 1e-5);
      expectClose('loss', read(loss()), part(`${name}/output.`).get('loss'), undefined, 1e-5);

      const expected = part(`${name}/grad.`);
      const parameters = [...model.namedParameters()];
      expect(parameters.map(([key]) => key).sort()).toEqual([...expected.keys()].sort());
      const { grads } = tf.variableGrads(
        loss,
        parameters.map(([, { variable }]) => variable),
      );
      const largest = Math.max(
        ...[...expected.values()].flatMap((array) => Array.from(floats(array), Math.abs)),
      );
      for (const [key, { variable, transposed }] of parameters) {
        const gradient = transposed ? tf.transpose(grads[variable.name]) : grads[variable.name];
        const truth = floats(expected.get(key));
        const difference = largestDifference(gradient.dataSync<'float32'>(), truth);
        // Where sums cancel, as for keys, rounding is measured against what was summed.
        const limit = 3e-5 * Math.max(...truth.map(Math.abs)) + 1e-6 * largest;
        expect([key, difference < limit ? 'close' : difference]).toEqual([key, 'close']);
      }
    });
    model.dispose();
  });
});
