// The command in a clone: its start, and when it builds the native engine.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';

const BIN = new URL('../bin/', import.meta.url);

describe('the command in a clone', () => {
  it('runs from its sources', () => {
    const output = execFileSync(process.execPath, [fileURLToPath(new URL('lilformer.js', BIN)), '--version']);
    expect(output.toString()).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.skipIf(process.platform === 'win32')('completes presets and models in bash', () => {
    const script = `source <("$1" "$2" completion bash); COMP_CWORD=3
      offer() { COMP_WORDS=(lilformer train "$@"); _lilformer; echo "\${COMPREPLY[@]}"; }
      offer --preset evolution/03; offer --model nano; offer --json --learning`;
    const bin = fileURLToPath(new URL('lilformer.js', BIN));
    const offered = execFileSync('bash', ['-c', script, '-', process.execPath, bin]).toString();
    expect(offered).toBe('evolution/03-bigram\nnano-gpt\n--learning-rate\n');
  });

  it.skipIf(process.platform === 'win32').each(['SIGINT', 'SIGTERM'] as const)(
    'ends the build of the native engine on %s, with all of its processes',
    async (signal) => {
      const folder = await mkdtemp(join(tmpdir(), 'lilformer-clone-'));
      const script = join(folder, 'build.mjs');
      await writeFile(
        script,
        `import { spawnSync } from 'node:child_process';
        const cargo = "process.on('SIGTERM', () => {}); console.error('cargo ' + process.pid); setInterval(() => {}, 1e6)";
        spawnSync(process.execPath, ['-e', cargo], { stdio: 'inherit' });`,
      );
      try {
        const program = `import { build } from ${JSON.stringify(new URL('clone.js', BIN).href)};
          process.exit(await build(${JSON.stringify(script)}));`;
        const child = spawn(process.execPath, ['--input-type=module', '-e', program]);
        const ended = once(child, 'close');
        let output = '';
        for await (const chunk of child.stderr) {
          output += String(chunk);
          if (/cargo \d+\n/.test(output) && !child.killed) child.kill(signal);
        }
        expect(await ended).toEqual([130, null]);
        expect(output).toMatch(/^Building the native engine .*--engine wasm[^]*\nStopped\. /);
        const cargo = Number(/cargo (\d+)\n/.exec(output)![1]);
        // A killed process exists until the system has collected its exit code.
        await vi.waitFor(() => expect(() => process.kill(cargo, 0)).toThrow('ESRCH'), 10_000);
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );

  it('builds the native engine only for commands that may use it', async () => {
    const { needsEngine } = (await import(new URL('clone.js', BIN).href)) as {
      needsEngine(args: readonly string[], env: Record<string, string>): boolean;
    };
    expect(needsEngine(['train'], {})).toBe(true);
    expect(needsEngine(['train', '--engine', 'native'], { LILFORMER_ENGINE: 'wasm' })).toBe(true);
    expect(needsEngine(['train', '--engine', 'wasm'], {})).toBe(false);
    expect(needsEngine(['train', '--engine=cpu'], {})).toBe(false);
    expect(needsEngine(['train'], { LILFORMER_ENGINE: 'cpu' })).toBe(false);
    expect(needsEngine(['train'], { LILFORMER_NATIVE_LIBRARY: '/addon.node' })).toBe(false);
    expect(needsEngine(['train', '--help'], {})).toBe(false);
    expect(needsEngine(['completion', 'bash'], {})).toBe(false);
    expect(needsEngine([], {})).toBe(false);
  });
});
