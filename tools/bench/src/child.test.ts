import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { run } from './child.js';

const node = (script: string) => ({ program: process.execPath, parameters: ['-e', script] });

describe('run', () => {
  it('returns the output', async () => {
    const { stdout, seconds } = await run(node('console.log("one"); console.log("two")'));
    expect(stdout).toBe('one\ntwo\n');
    expect(seconds).toBeGreaterThan(0);
  });

  it.runIf(process.platform === 'linux')('measures peak memory, also after it was freed', async () => {
    const script = (megabytes: number): string =>
      `let b = Buffer.alloc(${megabytes} * 2 ** 20, 1); b = undefined; setTimeout(() => {}, 300);`;
    const small = await run(node(script(1)));
    const large = await run(node(script(200)));
    expect((large.peakMemory! - small.peakMemory!) / 2 ** 20).toBeGreaterThan(180);
    expect((large.peakMemory! - small.peakMemory!) / 2 ** 20).toBeLessThan(240);
  });

  it('passes the environment', async () => {
    const command = {
      ...node('console.log(process.env.LILFORMER_THREADS)'),
      env: { LILFORMER_THREADS: '7' },
    };
    expect((await run(command)).stdout).toBe('7\n');
  });

  it('reports exit code and last error', async () => {
    await expect(run(node('console.error("no torch here"); process.exit(3)'))).rejects.toThrow(
      /exit code 3: no torch here/,
    );
    await expect(run({ program: '/no/such/program', parameters: [] })).rejects.toThrow(
      /\/no\/such\/program: cannot run: .*ENOENT/,
    );
  });

  it('kills the process group on abort', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'bench-')), 'pid');
    const stop = new AbortController();
    const running = run(
      node(`
        const { spawn } = require('node:child_process');
        const inner = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
        require('node:fs').writeFileSync(${JSON.stringify(file)}, String(inner.pid));
        setInterval(() => {}, 1000);`),
      stop.signal,
    );
    await vi.waitFor(() => expect(existsSync(file) && readFileSync(file, 'utf8')).toMatch(/^\d+$/), 10_000);
    stop.abort(new Error('that is enough'));
    await expect(running).rejects.toThrow('that is enough');
    const inner = Number(readFileSync(file, 'utf8'));
    await vi.waitFor(() => expect(isRunning(inner)).toBe(false), 10_000);
  });
});

/** Zombies do not count as running. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !existsSync(`/proc/${pid}/stat`) || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
