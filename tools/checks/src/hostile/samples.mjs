// Valid files of every format, which the check damages. `writeSamples(folder)` writes them; each has a reader in readers.mjs.
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { RunFolder, writeSafetensors } from '@lilformer/checkpoints';
import { chunkWindows, encodeDocuments, encodeToFile } from '@lilformer/datasets';
import {
  BartForConditionalGeneration,
  BertForMaskedLM,
  createModel,
  GPT2LMHeadModel,
  savePretrained,
  T5ForConditionalGeneration,
} from '@lilformer/models';
import { Random } from '@lilformer/random';
import { CharTokenizer, trainBpe } from '@lilformer/tokenizers';
import { train } from '@lilformer/training';
import { parquetWriteBuffer } from 'hyparquet-writer';

const repository = resolve(import.meta.dirname, '../../../..');
const TEXT = 'the cat sat on the mat.\nthe dog ran off with the hat, and the cat ran too.\n'.repeat(20);

/** Writes a folder of samples for each format. */
export async function writeSamples(folder) {
  const path = (...names) => {
    const file = join(folder, ...names);
    mkdirSync(dirname(file), { recursive: true });
    return file;
  };
  const copy = (format, from, pattern) => {
    for (const name of readdirSync(join(repository, from))) {
      if (pattern.test(name)) cpSync(join(repository, from, name), path(format, name));
    }
  };

  const model = createModel(
    { type: 'nano-gpt', vocabSize: 30, dModel: 8, nHeads: 2, contextLength: 16 },
    new Random(1),
  );
  await writeSafetensors(path('safetensors', 'model.safetensors'), model.stateDict());
  copy('safetensors', 'libs/checkpoints/fixtures', /\.safetensors$/);
  copy('pytorch', 'libs/checkpoints/fixtures', /\.(pt|pkl)$/);
  copy('pytorch', 'tools/golden/values/formats', /\.pt$/);

  const characters = CharTokenizer.fromText(TEXT);
  const bpe = await trainBpe([TEXT], { vocabSize: 300, preTokenizer: 'byte-level' });
  writeFileSync(path('tokenizer', 'char.json'), JSON.stringify(characters.toJSON()));
  writeFileSync(path('tokenizer', 'bpe.json'), JSON.stringify(bpe.toJSON()));
  writeFileSync(path('tokenizer', 'wordpiece.json'), JSON.stringify(wordPiece()));
  writeFileSync(path('tokenizer', 'unigram.json'), JSON.stringify(unigram()));

  const { vocabSize } = characters;
  const random = new Random(2);
  const pretrained = {
    gpt2: new GPT2LMHeadModel({ vocabSize, nEmbd: 8, nLayer: 2, nHead: 2, nPositions: 16 }, random),
    bert: new BertForMaskedLM(
      {
        vocabSize,
        hiddenSize: 8,
        intermediateSize: 16,
        numHiddenLayers: 1,
        numAttentionHeads: 2,
        maxPositionEmbeddings: 16,
      },
      random,
    ),
    bart: new BartForConditionalGeneration(
      {
        ...{
          vocabSize,
          dModel: 8,
          encoderLayers: 1,
          decoderLayers: 1,
          encoderAttentionHeads: 2,
          decoderAttentionHeads: 2,
        },
        ...{ encoderFfnDim: 16, decoderFfnDim: 16, maxPositionEmbeddings: 16 },
        ...{ decoderStartTokenId: 0, padTokenId: 0, eosTokenId: 1 },
      },
      random,
    ),
    t5: new T5ForConditionalGeneration(
      { vocabSize, dModel: 8, dFf: 16, dKv: 4, numHeads: 2, numLayers: 1, numDecoderLayers: 1 },
      random,
    ),
  };
  for (const [name, one] of Object.entries(pretrained)) {
    await savePretrained(one, path('pretrained', name), { tokenizer: characters });
  }

  const source = encodeDocuments(characters, [TEXT]);
  const run = await RunFolder.create(path('run', 'run'), {
    config: { format: 2, model: { type: 'gru', vocabSize, embedSize: 4, hiddenSize: 6 } },
    tokenizer: characters.toJSON(),
  });
  const events = train({
    ...{
      model: createModel({ type: 'gru', vocabSize, embedSize: 4, hiddenSize: 6 }, new Random(3)),
      folder: run,
    },
    ...{
      train: chunkWindows(source, 8),
      validation: chunkWindows(source, 8),
      evalEvery: 2,
      batchSize: 2,
      maxSteps: 4,
    },
    schedule: { type: 'constant', learningRate: 0.01 },
  });
  for await (const _ of events);
  await run.close();

  writeFileSync(path('text', 'plain.txt'), `${TEXT}<|endoftext|>\n${TEXT}`);
  writeFileSync(path('text', 'zipped.txt.gz'), gzipSync(`${TEXT}<|endoftext|>\n${TEXT}`));
  const lines = Array.from({ length: 20 }, (_, i) =>
    JSON.stringify({ text: `${i} ${TEXT.slice(0, 80)}`, i }),
  ).join('\n');
  writeFileSync(path('text', 'lines.jsonl'), lines);
  writeFileSync(path('text', 'lines.jsonl.gz'), gzipSync(lines));
  for (const codec of ['UNCOMPRESSED', 'SNAPPY']) {
    const data = Array.from({ length: 300 }, (_, i) => `${i} ${TEXT.slice(i % 50, 60 + (i % 70))}`);
    const columns = [
      { name: 'text', data, type: 'STRING' },
      { name: 'n', data: data.map((_, i) => i), type: 'INT32' },
    ];
    const buffer = parquetWriteBuffer({ columnData: columns, codec, rowGroupSize: 100 });
    writeFileSync(path('parquet', `${codec.toLowerCase()}.parquet`), Buffer.from(buffer));
  }
  await encodeToFile({ documents: [TEXT] }, characters, path('tokens', 'tokens.bin'), { workers: 1 });
}

function wordPiece() {
  const words = ['[UNK]', '[CLS]', '[SEP]', 'the', 'cat', 's', '##at', 'on', 'm', '##s'];
  return {
    version: '1.0',
    added_tokens: [{ id: 0, content: '[UNK]', special: true }],
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    model: {
      ...{
        type: 'WordPiece',
        unk_token: '[UNK]',
        continuing_subword_prefix: '##',
        max_input_chars_per_word: 100,
      },
      vocab: Object.fromEntries(words.map((word, i) => [word, i])),
    },
  };
}

function unigram() {
  const pieces = ['<unk>', '▁the', '▁cat', '▁', 's', 'at', 'a', 't', 'o', 'n', 'm'];
  return {
    version: '1.0',
    added_tokens: [{ id: 0, content: '<unk>', special: true }],
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    model: {
      type: 'Unigram',
      unk_id: 0,
      vocab: pieces.map((piece, i) => [piece, -i / 2]),
      byte_fallback: false,
    },
  };
}

/** Bytes of all files below a folder, by path. */
export function filesBelow(folder, prefix = '') {
  return readdirSync(join(folder, prefix), { withFileTypes: true }).flatMap((entry) => {
    const name = join(prefix, entry.name);
    return entry.isDirectory() ? filesBelow(folder, name) : [[name, readFileSync(join(folder, name))]];
  });
}
