// Small models of the published families, as folders under the names that docs/notebooks.md uses, so that its commands run
// without a network: `node --conditions=@lilformer/source --import tsx small-pretrained.mjs FOLDER`. The weights are drawn
// and mean nothing; the tokenizers are of characters.
import { join } from 'node:path';
import { openEngine } from '@lilformer/engine';
import {
  BartForConditionalGeneration,
  BertForMaskedLM,
  GPT2LMHeadModel,
  savePretrained,
  T5ForConditionalGeneration,
} from '@lilformer/models';
import { Random } from '@lilformer/random';
import { CharTokenizer } from '@lilformer/tokenizers';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('expected the folder to write into');

await openEngine();
const tokenizer = CharTokenizer.fromText(
  Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join(''),
);
const random = new Random(0);
const { vocabSize } = tokenizer;
const sizes = { vocabSize, dModel: 16, contextLength: 128 };
const heads = { nLayers: 2, nHeads: 2 };
const layers = { encoderLayers: 2, decoderLayers: 2 };
const tokens = { startId: 0, padId: 0, eosId: 1 };
const models = {
  gpt2: new GPT2LMHeadModel({ ...sizes, ...heads }, random),
  'bert-base-uncased': new BertForMaskedLM({ ...sizes, ...heads, padId: 0 }, random),
  'bart-base': new BartForConditionalGeneration(
    { ...sizes, ...layers, ...tokens, encoderHeads: 2, decoderHeads: 2 },
    random,
  ),
  't5-small': new T5ForConditionalGeneration(
    { vocabSize, dModel: 16, ...layers, ...tokens, nHeads: 2, headWidth: 8 },
    random,
  ),
};
for (const [name, model] of Object.entries(models))
  await savePretrained(model, join(folder, name), { tokenizer });
