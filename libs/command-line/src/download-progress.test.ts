import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { corpusProgress } from './corpus-progress.js';
import { modelProgress } from './download-progress.js';
import { Terminal } from './output/terminal.js';

let printed: string[];
let terminal: Terminal;

beforeEach(() => {
  vi.useFakeTimers();
  vi.setSystemTime(0);
  printed = [];
  terminal = new Terminal({ write: (text: string) => printed.push(text) } as never);
});
afterEach(() => vi.useRealTimers());

describe('the download of a model', () => {
  it('says the size of a large file before its first byte, then rate and remaining time', () => {
    const show = modelProgress(terminal);
    show({ file: 'config.json', bytes: 0, total: 665 });
    show({ file: 'model.safetensors', bytes: 0, total: 548_105_171 });
    expect(printed).toContain('Downloading model.safetensors: 548 MB, once\n');
    vi.advanceTimersByTime(10_000);
    show({ file: 'model.safetensors', bytes: 100_000_000, total: 548_105_171 });
    expect(printed.at(-1)).toBe('downloading model.safetensors | 100 MB of 548 MB | 10 MB/s | eta 45s\n');
    expect(printed.filter((line) => line.startsWith('Downloading'))).toHaveLength(1);
  });
});

describe('the download of a corpus', () => {
  const [corpus, totalBytes] = ['tinystories-train', 1_924_281_556];

  it('says what is left of a resumed one', () => {
    const show = corpusProgress(terminal);
    show({ step: 'download', corpus, bytes: 924_281_556, totalBytes, bytesPerSecond: 0 });
    expect(printed[0]).toBe('Downloading tinystories-train: 1,000 MB, once\n');
  });

  it('says no size up to 50 MB', () => {
    const show = corpusProgress(terminal);
    show({ step: 'download', corpus, bytes: 1_874_281_556, totalBytes, bytesPerSecond: 0 });
    expect(printed.join('')).not.toContain('Downloading');
  });
});
