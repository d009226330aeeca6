// The engines of tfjs-node with a fake package that registers a backend of that name. With the real package,
// LILFORMER_ENGINE=tensorflow runs the other tests.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restoreNodeUtil } from './tensorflow.js';

const require = createRequire(import.meta.url);
let project: string;
const write = (path: string, text: string): void => {
  const file = join(project, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
};

/** A backend that computes like cpu, and says of itself what tfjs-node's does. */
function fakePackage(name: string, gpu: boolean, addon = true): void {
  const core = JSON.stringify(require.resolve('@tensorflow/tfjs-core'));
  const cpu = JSON.stringify(require.resolve('@tensorflow/tfjs-backend-cpu'));
  write(`node_modules/@tensorflow/${name}/package.json`, '{ "version": "4.22.0" }');
  write(
    `node_modules/@tensorflow/${name}/index.js`,
    `const tf = require(${core}), { MathBackendCPU } = require(${cpu}), util = require('util');
    if (util.isNullOrUndefined(1)) throw new Error('not as it was');
    class Fake extends MathBackendCPU {
      isUsingGpuDevice = ${gpu};
      binding = { TF_Version: '2.99.0' };
    }
    tf.copyRegisteredKernels('cpu', 'tensorflow');
    tf.registerGradient({ kernelName: 'Square', gradFunc: () => ({}) });
    tf.registerBackend('tensorflow', () => new Fake(), 3);
    tf.setBackend('tensorflow');`,
  );
  if (addon) write(`node_modules/@tensorflow/${name}/lib/napi-v8/tfjs_binding.node`, '');
}

/** A program in the project; its output. */
function run(script: string, env: NodeJS.ProcessEnv = {}): string {
  const options = [
    '--conditions=@lilformer/source',
    '--import',
    import.meta.resolve('tsx'),
    '--input-type=module',
  ];
  const { stdout, stderr } = spawnSync(process.execPath, [...options, '--eval', script], {
    cwd: project,
    encoding: 'utf8',
    env: { ...process.env, NODE_PATH: '', LILFORMER_ENGINE: '', ...env },
  });
  return stdout + stderr;
}
const engine = JSON.stringify(new URL('../index.ts', import.meta.url).href);
const tensorflow = JSON.stringify(new URL('./tensorflow.ts', import.meta.url).href);
const describing = `
  const { openEngine, tf } = await import(${engine});
  try {
    const engine = await openEngine();
    console.log(engine.describe());
    console.log('derivative', tf.grad((x) => tf.square(x))(tf.scalar(3)).dataSync()[0]);
  } catch (error) {
    console.log(error.message);
  }`;

/** Opens tfjs-node-gpu on a machine that is pretended to have a driver. */
const onFakeMachine = (cuda: boolean): string => `
  const { openEngine, tf } = await import(${engine});
  const { openTensorFlow } = await import(${tensorflow});
  await openEngine({ engine: 'cpu' });
  const machine = {
    platform: 'linux',
    libraryPath: '/driver',
    list: (folder) => ({ '/dev': ['nvidia0'], '/driver': ['libcuda.so.1'] })[folder] ?? [],
    read: (file) => (file.endsWith('lilformer.json') ? '{ "wheel": "x.whl", "cuda": ${cuda} }' : ''),
  };
  try {
    console.log((await openTensorFlow('@tensorflow/tfjs-node-gpu', {}, machine)).detail);
  } catch (error) {
    console.log(error.message);
  }
  console.log('backend', tf.getBackend());`;

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'lilformer-tensorflow-'));
  write('package.json', '{}');
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

describe('tfjs-node', () => {
  it('opens with the requested threads and our gradients', () => {
    fakePackage('tfjs-node', false);
    expect(run(describing, { LILFORMER_ENGINE: 'tensorflow', LILFORMER_THREADS: '3' })).toBe(
      'tensorflow (TensorFlow 2.99.0, 3 threads), requested by LILFORMER_ENGINE\nderivative 6\n',
    );
  });

  it('is second to native for auto', () => {
    const output = run(describing, { LILFORMER_NATIVE_LIBRARY: '/nowhere' });
    expect(output).toMatch(/^tensorflow \(TensorFlow 2.99.0, one thread per core\), first available$/m);
    expect(output).toMatch(/^falling back to the engine tensorflow \(slower\): native unavailable: /m);
  });

  it('reports an addon that is not built, and auto falls back', () => {
    rmSync(join(project, 'node_modules'), { recursive: true });
    fakePackage('tfjs-node', false, false);
    expect(run(describing, { LILFORMER_ENGINE: 'tensorflow' })).toMatch(
      /the addon of @tensorflow\/tfjs-node is not built.*npx lilformer-tensorflow install/,
    );
    const output = run(describing, { LILFORMER_NATIVE_LIBRARY: '/nowhere' });
    expect(output).toMatch(/^wasm /m);
    expect(output).toMatch(/tensorflow unavailable: the addon/);
  });
});

describe('tfjs-node-gpu', () => {
  it('opens where TensorFlow has a GPU', () => {
    fakePackage('tfjs-node-gpu', true);
    expect(run(onFakeMachine(true))).toBe('TensorFlow 2.99.0, on the GPU\nbackend tensorflow\n');
  });

  it('rejects TensorFlow on the CPU, and keeps the open engine', () => {
    fakePackage('tfjs-node-gpu', false);
    expect(run(onFakeMachine(true))).toMatch(/^TensorFlow lists no GPU device. .*\nbackend cpu\n$/);
  });

  it('rejects a libtensorflow without CUDA', () => {
    expect(run(onFakeMachine(false))).toMatch(/was built without CUDA\nbackend cpu\n$/);
  });
});

describe('restoreNodeUtil', () => {
  it('adds missing functions, hidden, and keeps existing ones', () => {
    const own = (): boolean => false;
    const util: Record<string, unknown> = { isArray: own };
    restoreNodeUtil(util);
    expect(util.isArray).toBe(own);
    expect(Object.keys(util)).toEqual(['isArray']);
    const isNullOrUndefined = util.isNullOrUndefined as (value: unknown) => boolean;
    expect([null, undefined, 0, '', NaN].map(isNullOrUndefined)).toEqual([true, true, false, false, false]);
  });
});
