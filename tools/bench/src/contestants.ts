// Who can take part in the training race: how each is started for one workload, and what its output says. Leaves out
// the order of running and the tables.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ownProgram, type Command } from './child.js';
import { threadsEnvironment } from './options.js';
import { usefulFlops, type Workload } from './workloads.js';

/** Peers, by the name that --mode takes: how the script is asked for them. */
export const torchModes = {
  eager: ['--mode', 'eager'],
  'eager-tuned': ['--mode', 'eager', '--tuned'],
  compile: ['--mode', 'compile'],
  'compile-tuned': ['--mode', 'compile', '--tuned'],
  bf16: ['--mode', 'bf16'],
  'bf16-tuned': ['--mode', 'bf16', '--tuned'],
} as const satisfies Record<string, readonly string[]>;

export type TorchMode = keyof typeof torchModes;
export type ContestantName = 'ours' | 'ours-bf16' | TorchMode | 'study';
export type Precision = 'float32' | 'bf16';

/** What one process measured. */
export interface Timing {
  /** Fastest step, in milliseconds. */
  readonly ms: number;
  readonly msMedian: number;
  /** Number of trained values. */
  readonly parameters?: number;
  /** Loss of the last step. */
  readonly loss?: number;
  /** Library, version, engine. */
  readonly version: string;
  readonly threads?: number;
  /** Floating-point operations of a step as this side counts them, in billions; rounded. */
  readonly gflop?: number;
}

/** One side of the race. */
export interface Contestant {
  readonly name: ContestantName;
  command(workload: string): Command;
  parse(stdout: string): Timing;
}

/** What all sides are told. */
export interface Rules {
  readonly workloads: ReadonlyMap<string, Workload>;
  /** Timed steps of a workload that takes long; see {@link stepsOf}. */
  readonly steps: number;
  readonly threads: number;
}

/** Useful operations that a process does at least, whoever it is: a short step is repeated until it runs as it will. */
const LEAST_FLOPS = 1e11;

/** Timed steps of a workload, the same for every contestant. */
export function stepsOf(name: string, { workloads, steps }: Rules): number {
  const workload = workloads.get(name);
  return workload ? Math.max(steps, Math.ceil(LEAST_FLOPS / usefulFlops(workload))) : steps;
}

/** Our own libraries on an engine. */
export function ours(precision: Precision, engine: string, rules: Rules): Contestant {
  const { workloads, threads } = rules;
  return {
    name: precision === 'float32' ? 'ours' : 'ours-bf16',
    command: (name) =>
      ownProgram(
        './training-ours.ts',
        [
          JSON.stringify({
            name,
            workload: workloads.get(name),
            steps: stepsOf(name, rules),
            engine,
            precision,
          }),
        ],
        threadsEnvironment(threads),
      ),
    parse: parseJson,
  };
}

/** PyTorch, run by the peer's script `peer_torch.py`, which reads the same workloads. */
export function torch(
  mode: TorchMode,
  { python, peers }: { python: string; peers: string },
  rules: Rules,
): Contestant {
  const script = join(peers, 'peer_torch.py');
  if (!existsSync(script))
    throw new Error(`${script}: no such file; --peers FOLDER says where the peers are`);
  return {
    name: mode,
    command: (name) => ({
      program: python,
      parameters: [script, '--workload', name, '--steps', String(stepsOf(name, rules)), ...torchModes[mode]],
      env: threadsEnvironment(rules.threads),
    }),
    parse: parseJson,
  };
}

/** The yardstick: a program that runs the same steps without a framework, `train w=NAME steps=N nt=THREADS`. */
export function study(program: string, rules: Rules): Contestant {
  if (!existsSync(program)) throw new Error(`--study ${program}: no such file`);
  return {
    name: 'study',
    command: (name) => ({
      program,
      parameters: [`w=${name}`, `steps=${stepsOf(name, rules)}`, `nt=${rules.threads}`, 'prof=0'],
    }),
    parse(stdout) {
      const found = /: min ([\d.]+) ms median ([\d.]+) \| (\d+) GFLOP\/s \| params (\d+) loss ([\d.]+)/.exec(
        stdout,
      );
      if (!found) throw new Error('it has no such workload');
      const [ms, msMedian, gflops, parameters, loss] = found.slice(1).map(Number);
      return {
        ms,
        msMedian,
        parameters,
        loss,
        version: 'yardstick',
        threads: rules.threads,
        gflop: (gflops * ms) / 1e3,
      };
    },
  };
}

/** The last line as the peers write it. */
export function parseJson(stdout: string): Timing {
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) throw new Error('it has no such workload');
  const said = JSON.parse(line) as Record<string, unknown>;
  const number = (key: string): number | undefined =>
    typeof said[key] === 'number' ? (said[key] as number) : undefined;
  const ms = number('ms_min');
  if (ms === undefined) throw new Error(`no ms_min in ${line}`);
  return {
    ms,
    msMedian: number('ms_median') ?? ms,
    parameters: number('parameters'),
    loss: number('loss'),
    version: String(said.peer),
    threads: number('threads'),
    gflop: (number('gflops_best')! * ms) / 1e3 || undefined,
  };
}
