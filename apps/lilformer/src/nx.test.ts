// The targets of Nx that run a command.
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const workspace = resolve(import.meta.dirname, '../../..');
/** Without the variables of the Nx that runs this test. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NX_')));

function run(program: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(workspace, program), ...args], {
    cwd: workspace,
    env,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const nx = (...args: string[]) => run('node_modules/nx/dist/bin/nx.js', 'run', ...args);
const lilformer = (...args: string[]) => run('apps/lilformer/bin/lilformer.js', ...args);

describe('a command through Nx', { timeout: 180_000 }, () => {
  it('prints what the command prints, and keeps its exit code', () => {
    const refused = nx('trainer:train', '--', '--engine', 'wasm', '--learningrate', '1');
    expect(refused).toEqual(lilformer('train', '--engine', 'wasm', '--learningrate', '1'));
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.stderr).toContain('--learning-rate');
  });

  it('prints the help of the command, also without --', () => {
    const help = nx('evolution:compare', '--help');
    expect(help).toEqual(lilformer('evolution', 'compare', '--help'));
    expect(help.stdout).toContain('--checkpoints');
  });
});
