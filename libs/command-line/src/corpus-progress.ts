// Shows the progress of opening and encoding a corpus on a terminal.
import type { CorpusProgress } from '@lilformer/datasets';
import { bytesLine, downloadProgress } from './download-progress.js';
import type { Terminal } from './output/terminal.js';

/** The `onProgress` of `openCorpus`, `createTokenizer` and `encodeCorpus` for a terminal. */
export function corpusProgress(terminal: Terminal): (progress: CorpusProgress) => void {
  const count = (value: number) => value.toLocaleString('en-US');
  const download = downloadProgress(terminal);
  return (progress) => {
    if (progress.step === 'download') {
      download(progress.corpus, progress);
    } else if (progress.step === 'encode') {
      terminal.progress(`encoding | ${bytesLine(progress)} | ${count(progress.tokens)} tokens`);
    } else if (progress.phase === 'coverage') {
      const percent = (100 * progress.unknownShare).toFixed(2);
      terminal.note(`Tokenizer: ${percent} % of the training text's GPT-2 tokens are not in the vocabulary`);
    } else {
      const what = progress.phase === 'count' ? 'counting words' : 'learning merges';
      const of = progress.total === undefined ? '' : ` of ${count(progress.total)}`;
      terminal.progress(`tokenizer | ${what} | ${count(progress.done)}${of}`);
    }
  };
}
