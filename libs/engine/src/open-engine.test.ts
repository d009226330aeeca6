import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { engineNames, openEngine, tf } from './index.js';

/** Runs a program on the sources; returns its output. */
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
  it('falls back to wasm without the native addon, with exactly one line that says what to do', () => {
    const { stdout, stderr } = run(describing, { LILFORMER_NATIVE_LIBRARY: '/nowhere/lilformer.node' });
    expect(stdout).toMatch(/^wasm \(WebAssembly (simd128|relaxed-simd), \d+ threads?\), first available\n$/);
    const lines = stderr.split('\n').filter((line) => line !== '' && !line.includes('npm warn'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^falling back to the engine wasm \(slower\): native unavailable: .*nowhere/);
    expect(lines[0]).toMatch(/Correct or unset LILFORMER_NATIVE_LIBRARY$/);
  });

  it('keeps the open engine for auto, switches by name, and moves tensors', async () => {
    const first = await openEngine({ engine: 'wasm' });
    expect(await openEngine()).toBe(first);
    const x = tf.tensor1d([1, 2, 3]);
    const cpu = await openEngine({ engine: 'cpu' });
    expect(cpu.reason).toBe('requested by engine');
    expect(tf.getBackend()).toBe('cpu');
    expect(await openEngine({ engine: 'auto' })).toBe(cpu);
    expect(tf.sum(x).dataSync()[0]).toBe(6);
    await openEngine({ engine: 'wasm' });
    expect(tf.sum(x).dataSync()[0]).toBe(6);
  });

  it('uses LILFORMER_ENGINE unless an engine is named', async () => {
    vi.stubEnv('LILFORMER_ENGINE', 'cpu');
    expect((await openEngine()).reason).toBe('requested by LILFORMER_ENGINE');
    expect((await openEngine({ engine: 'wasm' })).name).toBe('wasm');
    vi.stubEnv('LILFORMER_ENGINE', 'webgpu');
    await expect(openEngine()).rejects.toThrow(
      'LILFORMER_ENGINE "webgpu": expected one of auto, native, tensorflow, tensorflow-gpu, wasm, cpu',
    );
    expect(engineNames).toEqual(['auto', 'native', 'tensorflow', 'tensorflow-gpu', 'wasm', 'cpu']);
  });

  it('refuses unknown options with the known ones', async () => {
    await expect(openEngine({ thread: 2 } as never)).rejects.toThrow(
      'thread: unknown option. Expected one of engine, threads, precision, notify.',
    );
  });

  it('says what to do when a program forgets it', () => {
    const { stderr } = run("import { tf } from '@lilformer/engine'; tf.ones([2]);");
    expect(stderr).toContain('engine: none is open. Expected `await openEngine()` of @lilformer/engine');
  });

  it('does not fall back from an engine requested by name', async () => {
    await openEngine({ engine: 'cpu' });
    const setBackend = vi.spyOn(tf.engine(), 'setBackend').mockResolvedValue(false);
    await expect(openEngine({ engine: 'wasm' })).rejects.toThrow(
      'engine "wasm": unavailable: TensorFlow.js cannot start wasm. Use the engine cpu.',
    );
    setBackend.mockRestore();
    const { stderr, status } = run(describing, {
      LILFORMER_ENGINE: 'native',
      LILFORMER_NATIVE_LIBRARY: '/nowhere/lilformer.node',
    });
    expect(status).not.toBe(0);
    expect(stderr).toMatch(
      /LILFORMER_ENGINE "native": unavailable: .*nowhere.*Correct or unset LILFORMER_NATIVE_LIBRARY\. Or use the engine wasm/,
    );
  });

  it('reports float32 where bf16 is not supported', async () => {
    const engine = await openEngine({ engine: 'cpu', precision: 'bf16' });
    expect(engine.precision).toBe('float32');
    expect(engine.describe()).toBe(
      'cpu (plain JavaScript, slow, one thread; float32: bf16 needs the engine native or wasm), requested by engine',
    );
    const plain = await openEngine({ engine: 'auto', precision: 'float32' });
    expect(plain.describe()).toBe('cpu (plain JavaScript, slow, one thread), requested by engine');
  });

  it.each([0, -1, 1.5, NaN, 5000])('refuses %d threads', async (threads) => {
    await expect(openEngine({ engine: 'cpu', threads })).rejects.toThrow(
      `threads ${threads}: expected an integer from 1 to 1024`,
    );
  });

  it('names invalid environment variables', async () => {
    vi.stubEnv('LILFORMER_THREADS', 'many');
    await expect(openEngine()).rejects.toThrow('LILFORMER_THREADS "many": expected an integer from 1');
    vi.stubEnv('LILFORMER_THREADS', '');
    vi.stubEnv('LILFORMER_PRECISION', 'fp8');
    await expect(openEngine()).rejects.toThrow('LILFORMER_PRECISION "fp8": expected float32 or bf16');
  });

  it('names the missing package for TensorFlow', () => {
    const nowhere = { LILFORMER_ENGINE: 'tensorflow-gpu', NODE_PATH: '' };
    const { stderr, status } = run(describing, nowhere);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(
      /"tensorflow-gpu": unavailable: the package @tensorflow\/tfjs-node-gpu is not installed. Run npm i .* npx lilformer-tensorflow install --gpu/,
    );
  });

  it('leaves no process-wide listener that hides the stack of an error', async () => {
    const { status, stderr } = run(`
      import { openEngine } from '@lilformer/engine';
      await openEngine({ engine: 'wasm' });
      throw new Error('the one that should be seen');`);
    expect(status).toBe(1);
    expect(stderr).toContain('Error: the one that should be seen');
    expect(stderr.length).toBeLessThan(2000);
  });

  it('clones on wasm without a copy, and keeps the memory until the last clone is disposed', async () => {
    await openEngine({ engine: 'wasm' });
    const { numTensors, numBytes } = tf.memory();
    const x = tf.tensor1d([1, 2, 3]);
    const clone = tf.clone(x);
    const again = tf.clone(clone);
    expect(again.dataId).toBe(x.dataId);
    x.dispose();
    clone.dispose();
    tf.tensor1d([7, 8, 9]).dispose(); // would reuse the freed memory
    expect([...again.dataSync()]).toEqual([1, 2, 3]);
    again.dispose();
    expect(tf.memory()).toMatchObject({ numTensors, numBytes });
  });

  it('exports the same TensorFlow.js as require', () => {
    const required = createRequire(import.meta.url)('@tensorflow/tfjs-core') as typeof tf;
    expect(required.engine()).toBe(tf.engine());
    expect(tf.Tensor).toBe(required.Tensor);
  });
});
