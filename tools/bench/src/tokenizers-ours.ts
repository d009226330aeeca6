// Our side of the tokenizer race: prints what the peer's script prints, a JSON line a measurement, measured the same
// way: training from a file and encoding its whole text, fastest of three in one process.
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

async function times<T>(work: () => T | Promise<T>): Promise<{ seconds: number[]; result: T }> {
  const seconds: number[] = [];
  let result: T;
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    result = await work();
    seconds.push((performance.now() - start) / 1000);
  }
  return { seconds, result: result! };
}

/** Prints a line for each corpus and tokenizer. */
export async function measureOurs(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const text = await readFile(path, 'utf8');
    const megabytes = (await stat(path)).size / 1e6;
    for (const [name, options] of Object.entries(settings)) {
      const training = await times(() => trainBpe({ files: [path] }, options));
      const encoding = await times(() => training.result.encode(text));
      console.log(
        JSON.stringify({
          peer: 'lilformer',
          corpus: basename(dirname(path)),
          bytes: megabytes * 1e6,
          tokenizer: name,
          train_s: Math.min(...training.seconds),
          tokens: encoding.result.length,
          encode_MBps: megabytes / Math.min(...encoding.seconds),
          encode_first_MBps: megabytes / encoding.seconds[0],
        }),
      );
    }
  }
}
