// TensorFlow.js's cpu backend, loaded by `require` like TensorFlow.js.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
void require; // used by tsx; the compiler generates its own

// eslint-disable-next-line @typescript-eslint/no-require-imports
import cpu = require('@tensorflow/tfjs-backend-cpu');

export { cpu };
