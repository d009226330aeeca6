import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { engineNames, openEngine, tf } from './index.js';

/** A program of its own, on the sources; what it prints on both channels. */
function run(script: string, env: NodeJS.ProcessEnv = {}) {
  return spawnSync(
    process.execPath,
    ['--conditions=@lilformer/source', '--import', 'tsx', '--input-type=module', '--eval', script],
    { cwd: import.meta.dirname, encoding: 'utf8', env: { ...process.env, LILFORMER_ENGINE: '', ...env } },
  );
}

const describing = `
  import { openEngine } from '@lilformer/engine';
  console.log((await openEngine()).describe());
  await openEngine();`;

beforeEach(() => vi.stubEnv('LILFORMER_ENGINE', ''));
afterEach(() => vi.unstubAllEnvs());

describe('openEngine', () => {
  it('falls to wasm where the native library is not, says so in exactly one line, and what to do', () => {
    const { stdout, stderr } = run(describing, { LILFORMER_NATIVE_LIBRARY: '/nowhere/lilformer.node' });
    expect(stdout).toBe('wasm (WebAssembly with SIMD, one thread), the first that opened\n');
    const lines = stderr.split('\n').filter((line) => line !== '' && !line.includes('npm warn'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^engine wasm, which is slower: native does not open \(.*nowhere/);
    expect(lines[0]).toMatch(/native:build/);
  });

  it('keeps what is open on a second auto, switches when another is named, and carries tensors over', async () => {
    const first = await openEngine({ engine: 'wasm' });
    expect(await openEngine()).toBe(first);
    const x = tf.tensor1d([1, 2, 3]);
    const cpu = await openEngine({ engine: 'cpu' });
    expect(cpu.reason).toBe('asked for (engine)');
    expect(tf.getBackend()).toBe('cpu');
    expect(await openEngine({ engine: 'auto' })).toBe(cpu);
    expect(tf.sum(x).dataSync()[0]).toBe(6);
    await openEngine({ engine: 'wasm' });
    expect(tf.sum(x).dataSync()[0]).toBe(6);
  });

  it('listens to LILFORMER_ENGINE, unless an engine is named', async () => {
    vi.stubEnv('LILFORMER_ENGINE', 'cpu');
    expect((await openEngine()).reason).toBe('asked for (LILFORMER_ENGINE)');
    expect((await openEngine({ engine: 'wasm' })).name).toBe('wasm');
    vi.stubEnv('LILFORMER_ENGINE', 'webgpu');
    await expect(openEngine()).rejects.toThrow(
      'LILFORMER_ENGINE "webgpu": expected one of auto, native, tensorflow, tensorflow-gpu, wasm, cpu',
    );
    expect(engineNames).toEqual(['auto', 'native', 'tensorflow', 'tensorflow-gpu', 'wasm', 'cpu']);
  });

  it('refuses to fall from an engine asked for by name to another', async () => {
    await openEngine({ engine: 'cpu' });
    const setBackend = vi.spyOn(tf.engine(), 'setBackend').mockResolvedValue(false);
    await expect(openEngine({ engine: 'wasm' })).rejects.toThrow(
      /^engine "wasm" does not open: .* To do: install @tensorflow\/tfjs-backend-wasm/,
    );
    setBackend.mockRestore();
    const { stderr, status } = run(describing, {
      LILFORMER_ENGINE: 'native',
      LILFORMER_NATIVE_LIBRARY: '/nowhere/lilformer.node',
    });
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/LILFORMER_ENGINE "native" does not open: .*nowhere.* To do: /);
  });

  it('says that float32 is used where bf16 cannot be', async () => {
    const engine = await openEngine({ engine: 'cpu', precision: 'bf16' });
    expect(engine.precision).toBe('float32');
    expect(engine.describe()).toBe(
      'cpu (plain JavaScript, one thread: correct, and slow; float32, since bf16 takes the engine native and a ' +
        'processor with AVX512-BF16), asked for (engine)',
    );
    const plain = await openEngine({ engine: 'auto', precision: 'float32' });
    expect(plain.describe()).toBe(
      'cpu (plain JavaScript, one thread: correct, and slow), asked for (engine)',
    );
  });

  it.each([0, -1, 1.5, NaN, 5000])('refuses %d threads', async (threads) => {
    await expect(openEngine({ engine: 'cpu', threads })).rejects.toThrow(
      `threads ${threads}: expected a whole number from 1 to 1024`,
    );
  });

  it('refuses variables that make no sense, naming them', async () => {
    vi.stubEnv('LILFORMER_THREADS', 'many');
    await expect(openEngine()).rejects.toThrow('LILFORMER_THREADS "many": expected a whole number from 1');
    vi.stubEnv('LILFORMER_THREADS', '');
    vi.stubEnv('LILFORMER_PRECISION', 'fp8');
    await expect(openEngine()).rejects.toThrow('LILFORMER_PRECISION "fp8": expected float32 or bf16');
  });

  it('names the missing package when TensorFlow is asked for', () => {
    const nowhere = { LILFORMER_ENGINE: 'tensorflow-gpu', NODE_PATH: '' };
    const { stderr, status } = run(describing, nowhere);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(
      /"tensorflow-gpu" does not open: the package @tensorflow\/tfjs-node-gpu is not installed. To do: npm i .* npx lilformer-tensorflow install --gpu/,
    );
  });

  it('leaves no listener on the process that would swallow the stack of an error', async () => {
    const { status, stderr } = run(`
      import { openEngine } from '@lilformer/engine';
      await openEngine({ engine: 'wasm' });
      throw new Error('the one that should be seen');`);
    expect(status).toBe(1);
    expect(stderr).toContain('Error: the one that should be seen');
    expect(stderr.length).toBeLessThan(2000);
  });

  it('clones on wasm without a copy, and keeps the numbers until the last clone is gone', async () => {
    await openEngine({ engine: 'wasm' });
    const { numTensors, numBytes } = tf.memory();
    const x = tf.tensor1d([1, 2, 3]);
    const clone = tf.clone(x);
    const again = tf.clone(clone);
    expect(again.dataId).toBe(x.dataId);
    x.dispose();
    clone.dispose();
    tf.tensor1d([7, 8, 9]).dispose(); // would land in the freed place
    expect([...again.dataSync()]).toEqual([1, 2, 3]);
    again.dispose();
    expect(tf.memory()).toMatchObject({ numTensors, numBytes });
  });

  it('hands out the same TensorFlow.js as require does', () => {
    const required = createRequire(import.meta.url)('@tensorflow/tfjs-core') as typeof tf;
    expect(required.engine()).toBe(tf.engine());
    expect(tf.Tensor).toBe(required.Tensor);
  });
});
