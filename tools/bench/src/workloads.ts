// The training workloads that both sides of the race time, read from the file that the peer's script reads too, and
// the useful arithmetic in a step of each. Leaves out the models: models/ builds them.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of this repository's checkout. */
export const workspace = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

/** What every workload has: V tokens of width `d`, B texts of T tokens. */
interface Sizes {
  readonly vocab: number;
  readonly d: number;
  readonly seq: number;
  readonly batch: number;
}

/** Embedding and output map. */
export interface BigramWorkload extends Sizes {
  readonly kind: 'bigram';
}

/** A pre-norm transformer, with top-1 experts where `experts` is above 1. */
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

/** Embedding, recurrent layers, output map. */
export interface RecurrentWorkload extends Sizes {
  readonly kind: 'rnn' | 'gru';
  readonly hidden: number;
  readonly layers: number;
}

export type Workload = BigramWorkload | TransformerWorkload | RecurrentWorkload;

/** `$LILFORMER_PEERS`, or the folder beside the checkout: workloads and the peers' scripts. */
export function peersFolder(): string {
  return resolve(workspace, process.env.LILFORMER_PEERS || '../shared/bench');
}

/** A person's path: relative to where they stand, which npm and nx tell apart from where a script runs. */
export function personsPath(path: string): string {
  return resolve(process.env.INIT_CWD ?? process.cwd(), path);
}

/**
 * The workloads of a file by name, in its order.
 * @param only names to pick; all when empty
 * @throws Error when there is no such file, or it has no workload of a given name
 */
export function readWorkloads(file: string, only: readonly string[] = []): Map<string, Workload> {
  if (!existsSync(file)) {
    throw new Error(
      `${file}: no such file; --peers FOLDER says where the workloads and the peers' scripts are`,
    );
  }
  const { training } = JSON.parse(readFileSync(file, 'utf8')) as { training: Record<string, Workload> };
  for (const name of only) {
    if (!training[name]) {
      throw new Error(`--workload ${name}: expected one of ${Object.keys(training).join(', ')}`);
    }
  }
  const names = only.length > 0 ? only : Object.keys(training);
  return new Map(names.map((name) => [name, training[name]]));
}

/**
 * Floating-point operations of one training step that any implementation needs: 6 for each matrix weight and token
 * (2 forward, 4 backward) and 12·L·B·T²·d for attention, as the peer's script counts them.
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
