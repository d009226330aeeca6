// Shows the progress of opening and encoding a corpus on a terminal.
import type { CorpusProgress } from '@lilformer/datasets';
import { formatDuration, formatRate } from '@lilformer/training';
import type { Terminal } from './output/terminal.js';

/** The `onProgress` of `openCorpus`, `createTokenizer` and `encodeCorpus` for a terminal. */
export function corpusProgress(terminal: Terminal): (progress: CorpusProgress) => void {
  const count = (value: number) => value.toLocaleString('en-US');
  return (progress) => {
    if (progress.step === 'download') {
      terminal.progress(`downloading ${progress.corpus} | ${bytesLine(progress)}`);
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

type ByteProgress = Extract<CorpusProgress, { step: 'download' }>;

function bytesLine({
  bytes,
  totalBytes,
  bytesPerSecond,
  etaSeconds,
}: Omit<ByteProgress, 'step' | 'corpus'>): string {
  const megabytes = (value: number) => `${(value / 1e6).toFixed(1)} MB`;
  const of = totalBytes === undefined ? '' : ` of ${megabytes(totalBytes)}`;
  const eta = etaSeconds === undefined ? '' : ` | eta ${formatDuration(etaSeconds)}`;
  return `${megabytes(bytes)}${of} | ${formatRate(bytesPerSecond / 1e6)} MB/s${eta}`;
}
