// Shows downloads on a terminal: the size of a large one before its first byte, then what has come.
import type { CorpusProgress } from '@lilformer/datasets';
import type { LoadModelOptions } from '@lilformer/models';
import { formatDuration, formatRate } from '@lilformer/training';
import type { Terminal } from './output/terminal.js';

/** Downloads of more bytes are announced. */
const LARGE = 50e6;

const megabytes = (bytes: number): string => `${formatRate(bytes / 1e6)} MB`;

type ByteProgress = Omit<Extract<CorpusProgress, { step: 'download' }>, 'step' | 'corpus'>;

/** `12.5 MB of 1,920 MB | 8.1 MB/s | eta 3m55s` */
export function bytesLine({ bytes, totalBytes, bytesPerSecond, etaSeconds }: ByteProgress): string {
  const of = totalBytes === undefined ? '' : ` of ${megabytes(totalBytes)}`;
  const eta = etaSeconds === undefined ? '' : ` | eta ${formatDuration(etaSeconds)}`;
  return `${megabytes(bytes)}${of} | ${formatRate(bytesPerSecond / 1e6)} MB/s${eta}`;
}

/** Shows the state of a named download. */
export function downloadProgress(terminal: Terminal): (name: string, progress: ByteProgress) => void {
  const seen = new Set<string>();
  return (name, progress) => {
    const { bytes, totalBytes = 0 } = progress;
    if (!seen.has(name) && totalBytes - bytes > LARGE) {
      terminal.note(`Downloading ${name}: ${megabytes(totalBytes - bytes)}, once`);
    }
    seen.add(name);
    terminal.progress(`downloading ${name} | ${bytesLine(progress)}`);
  };
}

/** The `onProgress` of `loadModel` for a terminal. */
export function modelProgress(terminal: Terminal): NonNullable<LoadModelOptions['onProgress']> {
  const show = downloadProgress(terminal);
  let first = { file: '', bytes: 0, at: 0 };
  return ({ file, bytes, total }) => {
    if (file !== first.file) first = { file, bytes, at: performance.now() };
    const bytesPerSecond = (1000 * (bytes - first.bytes)) / Math.max(1, performance.now() - first.at);
    const etaSeconds = bytesPerSecond > 0 ? (total - bytes) / bytesPerSecond : undefined;
    show(file, { bytes, totalBytes: total, bytesPerSecond, etaSeconds });
  };
}
