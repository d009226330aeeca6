// Peak rate of matrix products: the fastest of a few shapes in lilformer (peak-ours.ts) and PyTorch.
import { ownProgram, run, type Command } from './child.js';
import type { Precision } from './contestants.js';
import { threadsEnvironment } from './options.js';

export interface Peak {
  readonly gflops: number;
  /** Rows, inner size, columns. */
  readonly shape: readonly number[];
  readonly by?: string;
}

/** Argument of peak-ours.ts. */
export interface PeakTask {
  readonly engine: string;
  readonly precision: Precision;
  readonly shapes: readonly (readonly [number, number, number])[];
  /** Approximate time per shape. */
  readonly msPerShape: number;
}

/** [m, k, n]: cubes, and shapes of training. */
const shapes = [
  [512, 512, 512],
  [1024, 1024, 1024],
  [2048, 2048, 2048],
  [8192, 384, 1536],
  [8192, 128, 4096],
] as const;
const msPerShape = 300;

/** GFLOP/s of the product of matrices [512, 512] on an engine. */
export async function measureProduct(engine: string, precision: Precision, threads: number): Promise<number> {
  const task: PeakTask = { engine, precision, shapes: [[512, 512, 512]], msPerShape: 1000 };
  const program = ownProgram('./peak-ours.ts', [JSON.stringify(task)], threadsEnvironment(threads));
  return (JSON.parse((await run(program)).stdout) as Peak).gflops;
}

/** The same loop in PyTorch. */
const torchScript = `
import json, sys, time, torch
best = dict(gflops=0)
dtype = dict(float32=torch.float32, bf16=torch.bfloat16)[sys.argv[1]]
for m, k, n in json.loads(sys.argv[2]):
    a, b = torch.rand(m, k).to(dtype), torch.rand(k, n).to(dtype)
    begun, count = time.perf_counter(), 0
    while count < 3 or time.perf_counter() - begun < float(sys.argv[3]) / 1e3:
        start = time.perf_counter()
        a @ b
        gflops = 2e-9 * m * k * n / (time.perf_counter() - start)
        count += 1
        if gflops > best["gflops"]: best = dict(gflops=gflops, shape=[m, k, n])
print(json.dumps(best))
`;

/** Fastest matrix product; includes PyTorch's with `python`. */
export async function measurePeak(
  options: { engine: string; precision: Precision; threads: number; python?: string },
  signal: AbortSignal,
): Promise<Peak> {
  const { engine, precision, threads, python } = options;
  const env = threadsEnvironment(threads);
  const task: PeakTask = { engine, precision, shapes, msPerShape };
  const commands: Record<string, Command> = {
    lilformer: ownProgram('./peak-ours.ts', [JSON.stringify(task)], env),
  };
  if (python !== undefined) {
    const parameters = ['-c', torchScript, precision, JSON.stringify(shapes), String(msPerShape)];
    commands.torch = { program: python, parameters, env };
  }
  let best: Peak | undefined;
  for (const [by, command] of Object.entries(commands)) {
    const { stdout } = await run(command, signal);
    const peak = JSON.parse(stdout) as Peak;
    if (best === undefined || peak.gflops > best.gflops) best = { ...peak, by };
  }
  return best!;
}
