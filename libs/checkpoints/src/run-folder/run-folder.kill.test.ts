// Kills a saving process with SIGKILL at random moments and restarts it. LILFORMER_KILLS sets how many times.
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { RunFolder } from './run-folder.js';
import { checkFinished, checkRun } from '../testing/check-run.js';

const kills = Number(process.env.LILFORMER_KILLS ?? 4);
const program = fileURLToPath(new URL('../testing/save-loop.ts', import.meta.url));

/** Runs the program on a folder, and kills it some time after its start, or waits for its end. */
async function run(path: string, steps: number, killAfter?: number): Promise<string> {
  const child = spawn(process.execPath, [
    '--conditions=@lilformer/source',
    '--import',
    'tsx',
    program,
    path,
    String(steps),
  ]);
  let output = '';
  const ended = new Promise((resolve) => child.on('close', resolve));
  child.stderr.on('data', (text) => (output += String(text)));
  child.stdout.on('data', (text) => {
    output += String(text);
    if (killAfter !== undefined && String(text).includes('started'))
      void sleep(killAfter).then(() => child.kill('SIGKILL'));
  });
  await ended;
  return output;
}

it(
  `a run that is killed ${kills} times always resumes`,
  async () => {
    const root = await mkdtemp(join(tmpdir(), 'kill-'));
    const path = join(root, 'run');
    let step = 0;
    let progress = 0;
    for (let i = 0; i < kills; i++) {
      const output = await run(path, 1_000_000, Math.random() * (i % 2 ? 60 : 400));
      expect(output).not.toContain('Error');
      if (!(await readdir(path).catch(() => [] as string[])).includes('config.json')) continue;
      const open = await RunFolder.open(path);
      const reached = await checkRun(open);
      expect(reached).toBeGreaterThanOrEqual(step);
      if (reached > step) progress++;
      step = reached;
    }
    expect(progress).toBeGreaterThan(0);
    expect(await run(path, step + 3)).toContain('finished');
    await checkFinished(path, step + 3);
    if (kills > 10) console.log(`${kills} kills, ${step} steps saved on the way`);
    await rm(root, { recursive: true });
  },
  60_000 + kills * 5_000,
);
