// The command in a clone: its start, and when it builds the native engine.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

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
