// Contestants of the training benchmark: their commands and the parser of their output.
import { ownProgram, peerScript, type Command } from './child.js';
import { threadsEnvironment } from './options.js';
import { usefulFlops, type Workload } from './workloads.js';

/** PyTorch modes, by the name that --mode takes, with the arguments of training_peer.py. */
export const torchModes = {
  eager: ['--mode', 'eager'],
  'eager-tuned': ['--mode', 'eager', '--tuned'],
  compile: ['--mode', 'compile'],
  'compile-tuned': ['--mode', 'compile', '--tuned'],
  bf16: ['--mode', 'bf16'],
  'bf16-tuned': ['--mode', 'bf16', '--tuned'],
} as const satisfies Record<string, readonly string[]>;

export type TorchMode = keyof typeof torchModes;
/** lilformer, lilformer on a further engine such as `on-wasm`, and PyTorch. */
export type ContestantName = 'ours' | 'ours-bf16' | `on-${string}` | TorchMode;
export type Precision = 'float32' | 'bf16';

/** Measurements of one process. */
export interface Timing {
  /** Fastest step in milliseconds. */
  readonly ms: number;
  readonly parameters?: number;
  /** Library, version, engine. */
  readonly version: string;
  readonly threads?: number;
  /** GFLOP per step as counted by this contestant, rounded. */
  readonly gflop?: number;
}

export interface Contestant {
  readonly name: ContestantName;
  command(workload: string): Command;
}

export interface Rules {
  readonly workloads: ReadonlyMap<string, Workload>;
  /** Timed steps of large workloads. */
  readonly steps: number;
  readonly threads: number;
}

/** Small workloads are repeated until a process has computed this many FLOPs. */
const LEAST_FLOPS = 1e11;

/** Number of timed steps of a workload, the same for every contestant. */
export function stepsOf(name: string, { workloads, steps }: Rules): number {
  const workload = workloads.get(name);
  return workload ? Math.max(steps, Math.ceil(LEAST_FLOPS / usefulFlops(workload))) : steps;
}

export function ours(
  precision: Precision,
  engine: string,
  rules: Rules,
  name: ContestantName = precision === 'float32' ? 'ours' : 'ours-bf16',
): Contestant {
  return {
    name,
    command: (name) => {
      const workload = rules.workloads.get(name);
      const task = { name, workload, steps: stepsOf(name, rules), engine, precision };
      return ownProgram('./training-ours.ts', [JSON.stringify(task)], threadsEnvironment(rules.threads));
    },
  };
}

export function torch(mode: TorchMode, python: string, rules: Rules): Contestant {
  return {
    name: mode,
    command: (name) => ({
      program: python,
      parameters: [
        peerScript('training_peer.py'),
        ...['--workload', name, '--steps', String(stepsOf(name, rules))],
        ...torchModes[mode],
      ],
      env: threadsEnvironment(rules.threads),
    }),
  };
}

/** Parses the last line of a contestant's output. */
export function parseTiming(stdout: string): Timing {
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) throw new Error('no JSON line in the output');
  const printed = JSON.parse(line) as Record<string, unknown>;
  const number = (key: string): number | undefined =>
    typeof printed[key] === 'number' ? printed[key] : undefined;
  const ms = number('ms_min');
  if (ms === undefined) throw new Error(`no ms_min in ${line}`);
  return {
    ms,
    parameters: number('parameters'),
    version: String(printed.peer),
    threads: number('threads'),
    gflop: (number('gflops_best')! * ms) / 1e3 || undefined,
  };
}
