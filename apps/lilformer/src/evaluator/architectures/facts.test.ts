// Facts of the four families against their papers, and masks against their definitions.
import { openEngine, tf } from '@lilformer/engine';
import { beforeAll, describe, expect, it } from 'vitest';
import { architectureFacts, architectureTable } from '@lilformer/evaluation';
import { ARCHITECTURES, ATTENTION, OBJECTIVES } from './notes.js';
import { publishedConfig } from './published-configs.js';

beforeAll(async () => void (await openEngine()));

const factsOf = (name: string, as?: string) => architectureFacts(publishedConfig(name)!, as);

describe('architectureFacts', () => {
  it('of GPT-2: masked attention, pre-norm, learned positions (Radford et al., 2019)', async () => {
    expect(await factsOf('gpt2')).toMatchObject({
      name: 'GPT2LMHeadModel',
      kind: 'decoder',
      parameters: 124_439_808,
      vocabSize: 50257,
      contextLength: 1024,
      hiddenSize: 768,
      heads: 12,
      feedForwardSize: 3072,
      layers: [{ stack: 'decoder', count: 12 }],
      attention: [{ where: 'decoder', kind: 'masked' }],
      positions: 'learned embeddings',
      norm: 'LayerNorm',
      normPlacement: 'pre-norm',
      activation: 'GELU (tanh approximation)',
      tied: true,
      biases: true,
    });
  });

  it('of BERT: unmasked, post-norm (Devlin et al., 2018)', async () => {
    expect(await factsOf('bert-base-uncased')).toMatchObject({
      kind: 'encoder',
      attention: [{ where: 'encoder', kind: 'unmasked' }],
      layers: [{ stack: 'encoder', count: 12 }],
      normPlacement: 'post-norm',
      activation: 'GELU',
      tied: true,
      contextLength: 512,
    });
    expect(await factsOf('bert-base-uncased', 'BertModel')).toMatchObject({ name: 'BertModel', tied: false });
  });

  it('of BART: all three kinds of attention, post-norm (Lewis et al., 2019)', async () => {
    expect(await factsOf('bart-base')).toMatchObject({
      kind: 'encoder-decoder',
      attention: [
        { where: 'encoder', kind: 'unmasked' },
        { where: 'decoder', kind: 'masked' },
        { where: 'decoder to encoder', kind: 'cross' },
      ],
      layers: [
        { stack: 'encoder', count: 6 },
        { stack: 'decoder', count: 6 },
      ],
      normPlacement: 'post-norm',
      positions: 'learned embeddings',
      contextLength: 1024,
    });
  });

  it('of T5: relative positions, RMSNorm, pre-norm, no biases (Raffel et al., 2019)', async () => {
    expect(await factsOf('t5-small')).toMatchObject({
      kind: 'encoder-decoder',
      positions: 'learned relative biases',
      norm: 'RMSNorm',
      normPlacement: 'pre-norm',
      activation: 'ReLU',
      biases: false,
      heads: 8,
      feedForwardSize: 2048,
    });
  });

  it('measures causal, full and cross masks', async () => {
    const { attention } = await factsOf('t5-small');
    const [encoder, decoder, cross] = attention.map(({ visible }) => visible);
    decoder.forEach((row, i) => expect(row).toEqual(row.map((_, j) => j <= i)));
    for (const row of [...encoder, ...cross]) expect(row.every((seen) => seen)).toBe(true);
    expect([encoder.length, encoder[0].length]).toEqual([8, 8]);
    expect([cross.length, cross[0].length]).toEqual([6, 8]);
  });

  it('disposes all tensors', async () => {
    await factsOf('bart-base');
    const before = tf.memory().numTensors;
    for (const name of ['gpt2', 'bert-base-uncased', 'bart-base', 't5-small']) await factsOf(name);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('come as a table, with a note for each kind', async () => {
    const names = ['gpt2', 'bert-base-uncased', 'bart-base', 't5-small'];
    const facts = await Promise.all(names.map((name) => factsOf(name)));
    const { headings, rows } = architectureTable(facts, names);
    expect(headings).toEqual(['', ...names]);
    const cells = rows.map(([, ...row]) => row);
    for (const row of cells) expect(row.map((cell) => /\w/.test(cell))).toEqual([true, true, true, true]);
    // The published sizes.
    expect(cells).toContainEqual([
      '12 decoder',
      '12 encoder',
      '6 encoder, 6 decoder',
      '6 encoder, 6 decoder',
    ]);
    expect(cells).toContainEqual(['124,439,808', '109,514,298', '139,420,416', '60,506,624']);
    expect(cells).toContainEqual(['50,257', '30,522', '50,265', '32,128']);
    expect(cells).toContainEqual(['768', '768', '768', '512']);
    expect(cells).toContainEqual(['12', '12', '12', '8']);
    expect(cells).toContainEqual(['3,072', '3,072', '3,072', '2,048']);
    for (const { kind, attention, family } of facts) {
      expect(ARCHITECTURES[kind]).toHaveLength(3);
      expect(OBJECTIVES[family]).toBeDefined();
      for (const { kind } of attention) expect(ATTENTION[kind]).toContain('attention');
    }
  });
});
