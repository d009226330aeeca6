// Times BPE training and encoding with lilformer, fastest of three; prints the same JSON lines as tokenizers_peer.py.
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { trainBpe, type TrainBpeOptions } from '@lilformer/tokenizers';

const settings: Record<string, TrainBpeOptions> = {
  'whitespace-500': {
    vocabSize: 500,
    specialTokens: ['[PAD]', '[UNK]'],
    unkToken: '[UNK]',
    preTokenizer: 'whitespace',
  },
  'byte-level-4096': { vocabSize: 4096, specialTokens: ['<|endoftext|>'], preTokenizer: 'byte-level' },
};

async function time<T>(work: () => T | Promise<T>): Promise<{ seconds: number[]; result: T }> {
  const seconds: number[] = [];
  let result: T;
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    result = await work();
    seconds.push((performance.now() - start) / 1000);
  }
  return { seconds, result: result! };
}

const path = process.argv[2];
const text = await readFile(path, 'utf8');
const megabytes = (await stat(path)).size / 1e6;
for (const [name, options] of Object.entries(settings)) {
  const training = await time(() => trainBpe({ files: [path] }, options));
  const encoding = await time(() => training.result.encode(text));
  console.log(
    JSON.stringify({
      peer: 'lilformer',
      corpus: basename(dirname(path)),
      tokenizer: name,
      train_s: Math.min(...training.seconds),
      tokens: encoding.result.length,
      encode_MBps: megabytes / Math.min(...encoding.seconds),
      encode_first_MBps: megabytes / encoding.seconds[0],
    }),
  );
}
