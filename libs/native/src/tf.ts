// TensorFlow.js and its cpu backend. They are loaded by `require`: for an `import`, Node first scans their megabytes for
// export names, which takes longer than running them.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
void require; // used by tsx; the compiler generates its own

/* eslint-disable @typescript-eslint/no-require-imports */
import tf = require('@tensorflow/tfjs-core');
import cpu = require('@tensorflow/tfjs-backend-cpu');

export { cpu, tf };
