// Workloads of the training benchmark, read from peers/workloads.json, and the useful FLOPs of a step.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the repository. */
export const workspace = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

interface Sizes {
  readonly vocab: number;
  /** Embedding dimension. */
  readonly d: number;
  readonly seq: number;
  readonly batch: number;
}

/** Embedding and output projection. */
export interface BigramWorkload extends Sizes {
  readonly kind: 'bigram';
}

/** Pre-norm transformer, with top-1 experts if `experts` is above 1. */
export interface TransformerWorkload extends Sizes {
  readonly kind: 'transformer';
  readonly ff: number;
  readonly layers: number;
  readonly heads: number;
  readonly experts?: number;
  readonly norm: 'layer' | 'rms';
  readonly act: 'relu' | 'gelu';
  readonly dropout: number;
}

/** Embedding, recurrent layers, output projection. */
export interface RecurrentWorkload extends Sizes {
  readonly kind: 'rnn' | 'gru';
  readonly hidden: number;
  readonly layers: number;
}

export type Workload = BigramWorkload | TransformerWorkload | RecurrentWorkload;

/**
 * Workloads by name, in the order of `only` or of the file.
 * @throws Error for an unknown name
 */
export function readWorkloads(only: readonly string[] = []): Map<string, Workload> {
  const file = fileURLToPath(new URL('../peers/workloads.json', import.meta.url));
  const workloads = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Workload>;
  for (const name of only) {
    if (!workloads[name])
      throw new Error(`--workload ${name}: expected one of ${Object.keys(workloads).join(', ')}`);
  }
  const names = only.length > 0 ? only : Object.keys(workloads);
  return new Map(names.map((name) => [name, workloads[name]]));
}

/**
 * FLOPs of one training step that any implementation needs: 6 per matrix weight and token (2 forward, 4 backward), and
 * 12·L·B·T²·d for attention. The same formula as in training_peer.py.
 */
export function usefulFlops(w: Workload): number {
  const tokens = w.batch * w.seq;
  switch (w.kind) {
    case 'transformer': {
      const matrices = w.layers * (4 * w.d ** 2 + 2 * w.d * w.ff) + w.d * w.vocab;
      return 6 * matrices * tokens + 12 * w.layers * w.batch * w.seq ** 2 * w.d;
    }
    case 'bigram':
      return 6 * w.d * w.vocab * tokens;
    case 'rnn':
    case 'gru': {
      const gates = w.kind === 'gru' ? 3 : 1;
      const h = w.hidden;
      const matrices = gates * h * (w.d + h) + (w.layers - 1) * gates * 2 * h * h + h * w.vocab;
      return 6 * matrices * tokens;
    }
  }
}
