import { openEngine } from '@lilformer/engine';
import { BartForConditionalGeneration } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { beforeAll, describe, expect, it } from 'vitest';
import { generationDefaults } from './generation-config.js';
import { beamSettingsFrom } from './options.js';
import type { TextModel } from './text-model.js';

// The file that is published with facebook/bart-base.
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

describe('generationDefaults', () => {
  let bart: BartForConditionalGeneration;
  beforeAll(async () => {
    await openEngine();
    const stacks = { encoderLayers: 1, decoderLayers: 1, encoderHeads: 2, decoderHeads: 2 };
    const sizes = { vocabSize: 9, dModel: 4, contextLength: 8, ...stacks };
    const tokens = { startId: 2, padId: 1, eosId: 2, bosId: 0 };
    bart = new BartForConditionalGeneration({ ...sizes, ...tokens }, new Random(0));
  });

  it('of BART are a beam search that ends with the end of text', () => {
    const { searching } = generationDefaults(BART_BASE, bart);
    expect(searching).toEqual({
      beams: 4,
      earlyStopping: true,
      forcedBos: 0,
      forcedEos: 2,
      noRepeatNgram: 3,
      stopTokens: [2],
    });
    expect(beamSettingsFrom(bart, searching!)).toMatchObject({ beams: 4, sequences: 1 });
  });

  it('count lengths without the start token, and only where the prompt is not among them', () => {
    const lengths = { max_length: 20, min_length: 5, num_beams: 1, no_repeat_ngram_size: 0 };
    expect(generationDefaults(lengths, bart)).toEqual({
      writing: { maxTokens: 19, minTokens: 4 },
      searching: undefined,
    });
    const decoder = { vocabSize: 9 } as TextModel;
    expect(generationDefaults({ ...lengths, eos_token_id: [3, 4] }, decoder).writing).toEqual({
      stopTokens: [3, 4],
    });
    expect(generationDefaults({ max_length: 20, max_new_tokens: 7 }, decoder).writing).toEqual({
      maxTokens: 7,
    });
  });
});
