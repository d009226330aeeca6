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
  const sizes = { vocabSize, dModel: 8, nHeads: 2, nLayers: 2, contextLength: 64 };
  const sides = { encoderLayers: 1, decoderLayers: 1, startId: 0, padId: 0, eosId: 1 };
  const models = {
    'tiny-gpt2': new GPT2LMHeadModel({ ...sizes, initialDeviation: 0.5 }, random),
    'tiny-bert': new BertForMaskedLM({ ...sizes, padId: 0 }, random),
    'tiny-t5': new T5ForConditionalGeneration(
      { vocabSize, dModel: 8, nHeads: 2, headWidth: 4, ...sides },
      random,
    ),
  };
  for (const [name, model] of Object.entries(models)) {
    await savePretrained(model, join(folder, name), { tokenizer });
    model.dispose();
  }
}
