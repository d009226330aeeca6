// A run as the trainer makes them, of a character model that has taken two steps; and a terminal that remembers.
import { writeFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { RunFolder } from '@lilformer/checkpoints';
import { Terminal } from '@lilformer/command-line';
import { chunkWindows, encodeDocuments, splitTokens } from '@lilformer/datasets';
import { createModel, type ModelConfig } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { CharTokenizer } from '@lilformer/tokenizers';
import { train } from '@lilformer/training';

export const TEXT = 'MENENIUS: the cat sat.\nBRUTUS: the rat sat on CORIOLANUS: and ran off.\n'.repeat(12);

/** Makes a run at `path`; returns the perplexity of its best evaluation. */
export async function tinyRun(
  path: string,
  sizes: { readonly type: 'gru' } | { readonly type: 'moe-transformer' },
): Promise<number> {
  const file = `${path}.txt`;
  await writeFile(file, TEXT);
  const tokenizer = CharTokenizer.fromText(TEXT);
  const source = encodeDocuments(tokenizer, [TEXT]);
  const { vocabSize } = tokenizer;
  const context = 16;
  const config: ModelConfig =
    sizes.type === 'gru'
      ? { type: 'gru', vocabSize, embedSize: 4, hiddenSize: 6 }
      : {
          type: 'moe-transformer',
          vocabSize,
          dModel: 8,
          dFf: 16,
          nLayers: 2,
          nHeads: 2,
          nExperts: 2,
          contextLength: context,
        };
  const settings = { split: 0.8, splitBy: 'tokens', context, windows: 'random', evalBatches: 0 };
  const corpus = { train: { kind: 'files', files: [file], read: { separator: '' } } };
  const folder = await RunFolder.create(path, {
    config: { format: 1, settings, corpus, model: config },
    tokenizer: tokenizer.toJSON(),
  });
  const [first, rest] = splitTokens(source, 0.8);
  let perplexity = NaN;
  const events = train({
    model: createModel(config, new Random(1)),
    folder,
    train: chunkWindows(first, context),
    validation: chunkWindows(rest, context),
    evalEvery: 2,
    batchSize: 2,
    maxSteps: 2,
    schedule: { type: 'constant', learningRate: 0.01 },
  });
  for await (const event of events) if (event.type === 'evaluation') perplexity = event.perplexity;
  await folder.close();
  return perplexity;
}

/** A terminal, and what it has shown. */
export function remembering(mode: 'all' | 'json' = 'all'): { terminal: Terminal; shown: () => string } {
  const out = new PassThrough();
  const chunks: string[] = [];
  out.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  return {
    terminal: new Terminal(out as unknown as NodeJS.WriteStream, mode),
    shown: () => chunks.join(''),
  };
}
