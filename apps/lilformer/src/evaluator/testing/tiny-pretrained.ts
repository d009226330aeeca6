// Small pretrained models, saved as Hugging Face's libraries save them, with tokenizers of characters.
import { join } from 'node:path';
import {
  BertForMaskedLM,
  GPT2LMHeadModel,
  savePretrained,
  T5ForConditionalGeneration,
} from '@lilformer/models';
import { Random } from '@lilformer/random';
import { CharTokenizer } from '@lilformer/tokenizers';
import { TEXT } from './tiny-run.js';

/** Makes `tiny-gpt2`, `tiny-bert` and `tiny-t5` in `folder`. */
export async function tinyPretrained(folder: string): Promise<void> {
  const tokenizer = CharTokenizer.fromText(TEXT);
  const { vocabSize } = tokenizer;
  const random = new Random(5);
  const models = {
    'tiny-gpt2': new GPT2LMHeadModel(
      { vocabSize, nEmbd: 8, nHead: 2, nLayer: 2, nPositions: 64, initializerRange: 0.5 },
      random,
    ),
    'tiny-bert': new BertForMaskedLM(
      {
        vocabSize,
        hiddenSize: 8,
        numAttentionHeads: 2,
        numHiddenLayers: 2,
        intermediateSize: 32,
        maxPositionEmbeddings: 64,
      },
      random,
    ),
    'tiny-t5': new T5ForConditionalGeneration(
      { vocabSize, dModel: 8, numHeads: 2, dKv: 4, dFf: 32, numLayers: 1, numDecoderLayers: 1 },
      random,
    ),
  };
  for (const [name, model] of Object.entries(models)) {
    await savePretrained(model, join(folder, name), { tokenizer });
    model.dispose();
  }
}
