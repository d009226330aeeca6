import { openEngine } from '@lilformer/engine';
import { BartForConditionalGeneration } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { beforeAll, describe, expect, it } from 'vitest';
import { applyGenerationConfig } from './generation-config.js';
import { settingsFrom } from './options.js';
import type { GenerativeModel } from './sequences/generative-model.js';

// The file published with facebook/bart-base.
const BART_BASE = {
  _from_model_config: true,
  bos_token_id: 0,
  decoder_start_token_id: 2,
  early_stopping: true,
  eos_token_id: 2,
  forced_bos_token_id: 0,
  forced_eos_token_id: 2,
  no_repeat_ngram_size: 3,
  num_beams: 4,
  pad_token_id: 1,
};

describe('applyGenerationConfig', () => {
  let bart: BartForConditionalGeneration;
  beforeAll(async () => {
    await openEngine();
    const stacks = { encoderLayers: 1, decoderLayers: 1, encoderAttentionHeads: 2, decoderAttentionHeads: 2 };
    const sizes = { vocabSize: 9, dModel: 4, maxPositionEmbeddings: 8, ...stacks };
    const tokens = { decoderStartTokenId: 2, padTokenId: 1, eosTokenId: 2, bosTokenId: 0 };
    bart = new BartForConditionalGeneration({ ...sizes, ...tokens }, new Random(0));
  });
  const processors = { forcedBosTokenId: 0, forcedEosTokenId: 2, noRepeatNgramSize: 3, eosTokenId: [2] };

  it("takes BART's beam search by default, and options before the file", () => {
    const options = applyGenerationConfig({}, BART_BASE, bart);
    expect(options).toEqual({ ...processors, numBeams: 4, earlyStopping: true });
    expect(settingsFrom(bart, options)).toMatchObject({ numBeams: 4, numReturnSequences: 1 });
    expect(
      applyGenerationConfig({ numBeams: 2, noRepeatNgramSize: 5, earlyStopping: undefined }, BART_BASE, bart),
    ).toEqual({ ...processors, numBeams: 2, noRepeatNgramSize: 5, earlyStopping: true });
  });

  it.each([{ temperature: 0 }, { topK: 5 }, { seed: 1 }, { numBeams: 1 }])(
    'ignores what the strategy of %o does not use',
    (given) => {
      const options = applyGenerationConfig(given, { ...BART_BASE, length_penalty: 2 }, bart);
      expect(options).toEqual({ ...processors, ...given });
      expect(() => settingsFrom(bart, options)).not.toThrow();
    },
  );

  it("counts lengths without the start token, and ignores a decoder's lengths, which include the prompt", () => {
    const lengths = { max_length: 20, min_length: 5, num_beams: 1, no_repeat_ngram_size: 0 };
    expect(applyGenerationConfig({}, lengths, bart)).toEqual({ maxNewTokens: 19, minNewTokens: 4 });
    const decoder = { vocabSize: 9 } as GenerativeModel;
    expect(applyGenerationConfig({}, { ...lengths, eos_token_id: [3, 4] }, decoder)).toEqual({
      eosTokenId: [3, 4],
    });
    expect(applyGenerationConfig({}, { max_length: 20, max_new_tokens: 7 }, decoder)).toEqual({
      maxNewTokens: 7,
    });
  });
});
