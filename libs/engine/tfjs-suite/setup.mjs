// Set-up of the suite: jasmine's globals, tfjs with gradients and chained operations, and the backend under test.
import jasmineRequire from 'jasmine-core/lib/jasmine-core/jasmine.js';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util';
import '@tensorflow/tfjs-backend-cpu';
import { registerNative } from '../src/index.js';

const backend = process.env.TFJS_SUITE_BACKEND;
export const jasmine = jasmineRequire.core(jasmineRequire);
Object.assign(globalThis, jasmineRequire.interface(jasmine, jasmine.getEnv({ suppressLoadErrors: true })));
jasmine.DEFAULT_TIMEOUT_INTERVAL = 20_000; // as the suite's own set-up has it

if (backend === 'native')
  console.log(`tfjs-core ${tf.version_core} on native: ${JSON.stringify(registerNative())}`);
// Tests get the same names on every backend, so that two runs can be compared.
setTestEnvs([{ name: 'backend', backendName: backend, isDataSync: true }]);
