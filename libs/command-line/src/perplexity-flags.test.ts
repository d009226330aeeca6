import { arraySource } from '@lilformer/datasets';
import type { LanguageModel } from '@lilformer/models';
import { expect, it } from 'vitest';
import { perplexityProtocol, type PerplexityFlags } from './perplexity-flags.js';

const source = arraySource([0, 1, 2, 3, 4, 5, 6, 7]);
const none = { stride: undefined, batches: undefined, batchSize: undefined };
const model = { contextLength: 3 } as LanguageModel;

it('takes the flags of the protocol', () => {
  const of = (flags: Partial<PerplexityFlags>, seed?: number) =>
    perplexityProtocol({ ...none, protocol: 'each-token-once', ...flags }, model, source, seed);
  expect(of({ stride: 2 })).toMatchObject({ protocol: 'each-token-once', stride: 2 });
  expect(of({ protocol: 'all-windows', batchSize: 4 })).toMatchObject({
    windows: { length: 3 },
    batchSize: 4,
  });
  expect(of({ protocol: 'random-batches', batches: 5 }, 7)).toMatchObject({ batches: 5, seed: 7 });
});

it.each([
  [{ protocol: 'all-windows', stride: 2 }, '--stride 2: expected --protocol each-token-once with it'],
  [{ protocol: 'each-token-once', batches: 5 }, '--batches 5: expected --protocol random-batches with it'],
] as const)('rejects a flag that the protocol does not take: %j', (flags, message) => {
  expect(() => perplexityProtocol({ ...none, ...flags }, model, source)).toThrow(message);
});
