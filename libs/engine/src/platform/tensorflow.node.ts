// TensorFlow.js, loaded by `require`: for an `import`, Node first scans its megabyte for export names, which takes longer than
// running it.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
void require; // used by tsx; the compiler generates its own

// eslint-disable-next-line @typescript-eslint/no-require-imports
import tf = require('@tensorflow/tfjs-core');

export { tf };
