// Published models: parameter counts, trees as PyTorch prints them, and the parts of a tree.
import { openEngine, tf } from '@lilformer/engine';
import { withoutWeights } from '@lilformer/layers';
import { modelFromConfig } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { golden } from '@lilformer/testing';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { explainTree, partTable } from '@lilformer/evaluation';
import { purposeOf } from './part-purposes.js';
import { publishedConfig, publishedNames } from './published-configs.js';

beforeAll(async () => void (await openEngine()));

const build = (name: string, as?: string) =>
  withoutWeights(() => modelFromConfig(publishedConfig(name)!, new Random(0), as));

describe('published configurations', () => {
  // Counts of the model cards.
  it.each([
    ['gpt2', 124_439_808],
    ['gpt2-medium', 354_823_168],
    ['gpt2-large', 774_030_080],
    ['gpt2-xl', 1_557_611_200],
    ['facebook/bart-base', 139_420_416],
    ['bart-large', 406_291_456],
    ['t5-small', 60_506_624],
    ['google-t5/t5-base', 222_903_552],
    ['t5-large', 737_668_096],
  ])('%s has %i parameters', (name, parameters) => {
    expect(build(name).parameterCount()).toBe(parameters);
  });

  it('of BERT, with its pooler', () => {
    expect(build('bert-base-uncased', 'BertModel').parameterCount()).toBe(109_482_240);
    expect(build('bert-large-uncased', 'BertModel').parameterCount()).toBe(335_141_888);
  });

  it('build without memory; other names are unknown', () => {
    const before = tf.memory().numTensors;
    for (const name of publishedNames) expect(build(name).parameterCount()).toBeGreaterThan(1e7);
    expect(tf.memory().numTensors).toBe(before);
    expect(publishedConfig('toString')).toBeUndefined();
  });
});

describe('their trees as PyTorch prints them', () => {
  it.each(['gpt2', 'bart-base', 't5-small'])('%s', (name) => {
    expect(build(name).toString()).toBe(readFileSync(golden(`hf/trees/${name}.txt`), 'utf8').trimEnd());
  });

  it('BERT', () => {
    const expected = readFileSync(golden('hf/trees/bert-base-uncased.txt'), 'utf8').trimEnd();
    expect(build('bert-base-uncased', 'BertModel').toString()).toBe(expected);
  });
});

describe('explainTree', () => {
  it.each(publishedNames)('%s: parameters of parts add up at each level', (name) => {
    const model = build(name);
    const parts = explainTree(model);
    expect(parts[0].parameters).toBe(model.parameterCount());
    expect(parts[0].share).toBe(1);
    for (const [i, { depth, parameters, count, kind }] of parts.entries()) {
      const below: number[] = [];
      for (const part of parts.slice(i + 1)) {
        if (part.depth <= depth) break;
        if (part.depth === depth + 1) below.push(part.parameters);
      }
      // Equal modules of a list are one part with all of their parameters.
      const own = kind === 'BertLMPredictionHead' ? 30522 : 0; // a bias for each token
      if (below.length > 0) expect((below.reduce((sum, n) => sum + n, 0) + own) * count).toBe(parameters);
    }
    for (const part of parts) expect(purposeOf(part), `${part.path} ${part.kind}`).toMatch(/^\S+ \S+/);
  });

  it('has shared weights, groups of equal blocks, and output shapes', () => {
    const parts = explainTree(build('gpt2'), { batch: 2, tokens: 7 });
    const part = (name: string) => parts.find((one) => one.name === name)!;
    expect(part('h.0-11')).toMatchObject({
      count: 12,
      kind: 'GPT2Block',
      shape: [2, 7, 768],
      parameters: 85_054_464,
    });
    expect(part('lm_head')).toMatchObject({
      parameters: 0,
      sharedWith: 'transformer.wte',
      shape: [2, 7, 50257],
    });
    expect(part('c_attn')).toMatchObject({ shape: [2, 7, 2304] });
    expect(purposeOf(part('c_attn'))).toContain('2,304 = 3 × 768');
    expect(part('act')).toMatchObject({ shape: [2, 7, 3072] });
    expect(purposeOf(part('c_fc'))).toContain('4 times');
    const { headings, rows } = partTable(parts);
    expect(headings.length).toBe(5);
    expect(rows.find(([name]) => name.endsWith('lm_head: Linear'))).toEqual([
      '· lm_head: Linear',
      '',
      '',
      '[2, 7, 50257]',
      'transformer.wte',
    ]);
  });

  it('has the lengths of encoder and decoder', () => {
    const parts = explainTree(build('t5-small'), { tokens: 4, source: 9 });
    const cross = parts.findIndex(({ kind }) => kind === 'T5LayerCrossAttention');
    const inside = parts.slice(cross + 1, cross + 6);
    expect(inside.map(({ name, shape }) => [name, shape])).toEqual([
      ['EncDecAttention', [1, 4, 512]],
      ['q', [1, 4, 512]],
      ['k', [1, 9, 512]],
      ['v', [1, 9, 512]],
      ['o', [1, 4, 512]],
    ]);
    const biases = parts.filter(({ name }) => name === 'relative_attention_bias');
    expect(biases.map(({ shape }) => shape)).toEqual([
      [8, 9, 9],
      [8, 4, 4],
    ]);
  });
});
