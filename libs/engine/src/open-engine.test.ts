import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openEngine, tf } from './index.js';

afterEach(() => vi.unstubAllEnvs());

describe('openEngine', () => {
  it('takes wasm first, says why, and computes', async () => {
    vi.stubEnv('LILFORMER_ENGINE', '');
    const engine = await openEngine();
    expect(engine.name).toBe('wasm');
    expect(engine.describe()).toBe('wasm (WebAssembly with SIMD, one thread), the first that opened');
    expect(tf.getBackend()).toBe('wasm');
    expect([...tf.matMul([[1, 2]], [[3], [4]]).dataSync()]).toEqual([11]);
  });

  it('keeps what is open on a second auto, switches when another is named, and carries tensors over', async () => {
    const first = await openEngine();
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
    await expect(openEngine()).rejects.toThrow('LILFORMER_ENGINE "webgpu": expected one of auto, wasm, cpu');
  });

  it('refuses to fall from an engine asked for by name to another', async () => {
    await openEngine({ engine: 'cpu' });
    const setBackend = vi.spyOn(tf.engine(), 'setBackend').mockResolvedValue(false);
    await expect(openEngine({ engine: 'wasm' })).rejects.toThrow(
      /^engine "wasm" does not open: .* To do: install @tensorflow\/tfjs-backend-wasm/,
    );
    setBackend.mockRestore();
  });

  it('leaves no listener on the process that would swallow the stack of an error', async () => {
    const script = `
      import { openEngine } from '@lilformer/engine';
      await openEngine({ engine: 'wasm' });
      throw new Error('the one that should be seen');`;
    const run = spawnSync(
      process.execPath,
      ['--conditions=@lilformer/source', '--import', 'tsx', '--input-type=module', '--eval', script],
      { cwd: import.meta.dirname, encoding: 'utf8' },
    );
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('Error: the one that should be seen');
    expect(run.stderr.length).toBeLessThan(2000);
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
