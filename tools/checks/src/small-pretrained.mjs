// Small models of the published families, as folders under the names that docs/notebooks.md uses, so that its commands run
// without a network: `node --conditions=@lilformer/source --import tsx small-pretrained.mjs FOLDER`. The weights
// are random; the tokenizers are of characters.
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
const models = {
  gpt2: new GPT2LMHeadModel({ vocabSize, nEmbd: 16, nLayer: 2, nHead: 2, nPositions: 128 }, random),
  'bert-base-uncased': new BertForMaskedLM(
    {
      vocabSize,
      hiddenSize: 16,
      intermediateSize: 64,
      numHiddenLayers: 2,
      numAttentionHeads: 2,
      maxPositionEmbeddings: 128,
    },
    random,
  ),
  'bart-base': new BartForConditionalGeneration(
    {
      vocabSize,
      dModel: 16,
      encoderLayers: 2,
      decoderLayers: 2,
      encoderAttentionHeads: 2,
      decoderAttentionHeads: 2,
      encoderFfnDim: 64,
      decoderFfnDim: 64,
      maxPositionEmbeddings: 128,
      decoderStartTokenId: 0,
      padTokenId: 0,
      eosTokenId: 1,
    },
    random,
  ),
  't5-small': new T5ForConditionalGeneration(
    { vocabSize, dModel: 16, dFf: 64, dKv: 8, numHeads: 2, numLayers: 2, numDecoderLayers: 2 },
    random,
  ),
};
for (const [name, model] of Object.entries(models))
  await savePretrained(model, join(folder, name), { tokenizer });
