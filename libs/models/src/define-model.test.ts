// A model is added by adding one file: testing/example-model.ts. And the README lists what is defined.
import { writeSafetensors } from '@lilformer/checkpoints';
import { openEngine, tf } from '@lilformer/engine';
import { adamWStep, createAdamState } from '@lilformer/ops';
import { Random } from '@lilformer/random';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createModel,
  defineConfig,
  fields,
  loadModel,
  modelCosts,
  modelDefinitions,
  savePretrained,
} from './index.js';
import { example, ExampleLM } from './testing/example-model.js';

describe('a model defined in one file', () => {
  const config = { type: 'example', vocabSize: 11, contextLength: 8 };
  let folder: string;
  let model: ExampleLM;

  beforeAll(async () => {
    await openEngine();
    folder = await mkdtemp(join(tmpdir(), 'lilformer-define-model-'));
    model = createModel(config, new Random(1)) as ExampleLM;
  });
  afterAll(async () => {
    model.dispose();
    await rm(folder, { recursive: true });
  });

  it('is created by its type, with defaults and checked fields', () => {
    expect(model).toBeInstanceOf(ExampleLM);
    expect(model.config).toEqual({ ...config, features: 16 });
    expect(modelDefinitions().get('example')).toBe(example);
    expect(() => createModel({ ...config, features: 0 }, new Random(1))).toThrow(
      /^example: features is 0\. /,
    );
    expect(() => createModel({ ...config, nHeads: 2 }, new Random(1))).toThrow(
      'example: unknown field nHeads. Expected vocabSize, contextLength, features.',
    );
  });

  it('names a field that is not one, and a missing output projection', () => {
    const { dropuot } = fields as unknown as Record<string, typeof fields.dropout>;
    expect(() => defineConfig('misspelled', { vocabSize: fields.vocabSize, dropuot })).toThrow(
      'misspelled: field dropuot is undefined. Expected a field: ',
    );
    class WithoutOutput extends ExampleLM {
      protected override get output(): never {
        return undefined as never;
      }
    }
    const broken = new WithoutOutput({ vocabSize: 11, contextLength: 8 }, new Random(1));
    expect(() => broken.forward(tf.zeros([1, 2], 'int32'))).toThrow(
      'WithoutOutput: output is undefined. Expected a getter `output`',
    );
    broken.dispose();
  });

  it('trains', () => {
    const ids = tf.tensor2d([[1, 2, 3, 1, 2, 3, 1, 2]], [1, 8], 'int32');
    const targets = tf.tensor2d([[2, 3, 1, 2, 3, 1, 2, 3]], [1, 8], 'int32');
    const variables = Array.from(model.namedParameters(), ([, { variable }]) => variable);
    const state = createAdamState(variables);
    const losses = Array.from({ length: 30 }, () =>
      tf.tidy(() => {
        const { value, grads } = tf.variableGrads(() => model.loss(ids, targets), variables);
        const gradients = variables.map(({ name }) => grads[name]);
        adamWStep(variables, gradients, state, {
          ...{ learningRate: 0.02, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
        });
        return value.dataSync()[0];
      }),
    );
    expect(losses[0]).toBeGreaterThan(1);
    expect(losses.at(-1)).toBeLessThan(0.2);
    tf.dispose([ids, targets]);
  });

  it('loads from a state dict, which its weights identify', async () => {
    const path = join(folder, 'weights.safetensors');
    await writeSafetensors(path, model.stateDict());
    await expect(loadModel(path)).rejects.toThrow(
      'these weights are of a example model, but do not determine contextLength',
    );
    const loaded = await loadModel<ExampleLM>(path, { config: { contextLength: 8 } });
    expect(loaded.source.kind).toBe('state-dict');
    expect(loaded.model).toBeInstanceOf(ExampleLM);
    expect(loaded.model.config).toEqual(model.config);
    expect(loaded.model.stateDict()).toEqual(model.stateDict());
    loaded.model.dispose();
  });

  it('loads from a folder with its type in config.json, or from a file with it in the options', async () => {
    const path = join(folder, 'model.safetensors');
    await writeSafetensors(path, model.stateDict());
    const byOptions = await loadModel<ExampleLM>(path, { config });
    await writeFile(join(folder, 'config.json'), JSON.stringify(config));
    const byFolder = await loadModel<ExampleLM>(folder);
    for (const loaded of [byOptions, byFolder]) {
      expect(loaded.model.stateDict()).toEqual(model.stateDict());
      loaded.model.dispose();
    }
  });

  it('has costs', () => {
    expect(modelCosts(config)).toMatchObject({ kind: 'transformer', vocabSize: 11, dModel: 16, dFf: 32 });
  });

  it('is refused by savePretrained, which names the models that Hugging Face has', async () => {
    await expect(savePretrained(model, join(folder, 'saved'))).rejects.toThrow(
      /^ExampleLM: no architecture of Hugging Face's has its layers\. Expected one of .*nano-gpt.*gpt2/,
    );
  });
});

describe('README', () => {
  it('has a row with type, class and summary of every model', async () => {
    const readme = await readFile(resolve(import.meta.dirname, '../README.md'), 'utf8');
    const rows = Array.from(
      readme.matchAll(/^\| `([a-z0-9-]+)` +\| `\w+` +\| (.*?) +\|/gm),
      ([, ...row]) => row,
    );
    const expected = [...modelDefinitions().values()].filter((one) => one !== (example as unknown));
    expect(rows).toEqual(expected.map(({ type, summary }) => [type, summary]));
  });
});
