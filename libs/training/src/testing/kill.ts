// A run that is killed with SIGKILL at random moments and resumed. As a program, `kill.ts FOLDER` trains into a folder or
// resumes it.
import { RunFolder } from '@lilformer/checkpoints';
import { openEngine } from '@lilformer/engine';
import type { Random } from '@lilformer/random';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { train } from '../loop/train.js';
import { tinyModel, tinyWindows, traces } from './tiny.js';

/** Steps of the run; every second one is saved, so that most kills interrupt a save. */
export const KILL_STEPS = 120;

/** Trains into a new folder, or resumes an existing one. */
export async function trainInto(path: string, onStart: () => void = () => undefined): Promise<void> {
  await openEngine();
  const folder = existsSync(join(path, 'config.json'))
    ? await RunFolder.resume(path, { notify: () => undefined })
    : await RunFolder.create(path, { config: {}, tokenizer: {} }, { notify: () => undefined });
  const options = {
    model: tinyModel('dropout'),
    ...tinyWindows(),
    folder,
    batchSize: 4,
    gradientAccumulationSteps: 2,
    maxSteps: KILL_STEPS,
    schedule: { type: 'cosine', learningRate: 0.02, warmupSteps: 10 },
    maxGradNorm: 1,
    evalEvery: 7,
    evalAtStart: true,
    earlyStoppingPatience: 1000,
    saveEverySteps: 2,
    logEvery: 1,
  } as const;
  for await (const event of train(options)) if (event.type === 'start') onStart();
  await folder.close();
}

/** The contents of a run folder. @throws Error when there is none */
export async function outcome(path: string): Promise<unknown> {
  const folder = await RunFolder.open(path);
  const found = await traces(folder);
  await folder.close();
  return found;
}

/**
 * Trains into `path` in a process of its own.
 *
 * @param kill milliseconds after the process, or with `from: 'training'` its training, has started
 * @returns true when the run has ended, false when it was killed before
 * @throws Error with the output of the process when it failed
 */
export function trainOrDie(
  path: string,
  kill?: { from: 'start' | 'training'; after: number },
): Promise<boolean> {
  const child = spawn(
    process.execPath,
    ['--conditions=@lilformer/source', '--import', 'tsx', fileURLToPath(import.meta.url), path],
    { cwd: import.meta.dirname },
  );
  let printed = '';
  let timer: NodeJS.Timeout | undefined;
  const aim = () => (timer ??= setTimeout(() => child.kill('SIGKILL'), kill!.after));
  if (kill?.from === 'start') aim();
  child.stdout.on('data', (text) => {
    printed += String(text);
    if (kill && printed.includes('started')) aim();
  });
  child.stderr.on('data', (text) => (printed += String(text)));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (signal === 'SIGKILL') resolve(false);
      else if (code === 0) resolve(true);
      else reject(new Error(`${path}: ended with ${signal ?? code}: ${printed}`));
    });
  });
}

/** A moment to kill at: in one of ten cases during the start, otherwise during training. */
export function randomMoment(random: Random): { from: 'start' | 'training'; after: number } {
  return random.uniform() < 0.1
    ? { from: 'start', after: 3000 * random.uniform() }
    : { from: 'training', after: 300 * random.uniform() };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await trainInto(process.argv[2], () => console.log('started'));
}
