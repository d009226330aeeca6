import { describe, expect, it } from 'vitest';
import * as evaluation from './index.js';

const typo = { sinal: undefined, signals: 1 } as never;
const none = {} as never;

describe('an option with an unknown name', () => {
  it.each(
    Object.entries<() => unknown>({
      explainTree: () => evaluation.explainTree(none, typo),
      measureHeads: () => evaluation.measureHeads(none, [], typo),
      measureExperts: () => evaluation.measureExperts(none, [], typo),
      measurePerplexity: () => evaluation.measurePerplexity(none, none, typo),
      perplexity: () => evaluation.perplexity(none, none, typo),
      compareModels: () => evaluation.compareModels([], typo),
      vocabularyStudy: () => evaluation.vocabularyStudy('', none, typo),
    }),
  )('is refused by %s', async (_, call) => {
    await expect(async () => call()).rejects.toThrow(/^signals: unknown option\. Expected one of /);
  });
});
