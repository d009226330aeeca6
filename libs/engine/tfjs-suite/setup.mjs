// Set-up of the suite: jasmine's globals, tfjs with gradients and chained operations, and the backend under test.
import jasmineRequire from 'jasmine-core/lib/jasmine-core/jasmine.js';
import '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util';
import '@tensorflow/tfjs-backend-cpu';
import { referenceKernels } from '@lilformer/kernels';
import { openNative } from '@lilformer/native';
import { openWasm } from '@lilformer/wasm';
import { OwnBuffers } from '../src/kernels-backend/own-buffers.js';
import { registerKernelsBackend } from '../src/kernels-backend/register.js';

const backend = process.env.TFJS_SUITE_BACKEND;
export const jasmine = jasmineRequire.core(jasmineRequire);
Object.assign(globalThis, jasmineRequire.interface(jasmine, jasmine.getEnv({ suppressLoadErrors: true })));
jasmine.DEFAULT_TIMEOUT_INTERVAL = 20_000; // as the suite's own set-up has it

if (backend === 'native') {
  const { kernels, alignmentOf } = openNative();
  registerKernelsBackend(backend, { kernels, memory: new OwnBuffers(alignmentOf) });
} else if (backend === 'wasm') {
  registerKernelsBackend(backend, await openWasm());
} else if (backend === 'reference') {
  registerKernelsBackend(backend, { kernels: referenceKernels, memory: new OwnBuffers(() => 0) });
}
// Tests get the same names on every backend, so that two runs can be compared.
setTestEnvs([{ name: 'backend', backendName: backend, isDataSync: true }]);
