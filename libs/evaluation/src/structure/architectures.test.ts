import { openEngine } from '@lilformer/engine';
import { goldenJson } from '@lilformer/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { architectureFacts } from './architectures.js';

beforeAll(async () => void (await openEngine()));

describe('facts of any configuration', () => {
  it.each(['gpt2', 'bert', 'bart', 't5'])('%s', async (family) => {
    const config = goldenJson(`hf/${family}/config.json`);
    const facts = await architectureFacts(config);
    expect(facts.family).toBe(family);
    expect(facts.vocabSize).toBe(config.vocab_size);
    expect(facts.layers.every(({ count }) => count > 0)).toBe(true);
  });
});
