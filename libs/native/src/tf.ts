// TensorFlow.js and its cpu backend, for all files here. They come by `require`: for an `import`, Node first reads through
// their megabytes to find the names they export, which takes longer than to run them.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
void require; // the compiler brings its own; what runs the source as it is takes this one

/* eslint-disable @typescript-eslint/no-require-imports */
import tf = require('@tensorflow/tfjs-core');
import cpu = require('@tensorflow/tfjs-backend-cpu');

export { cpu, tf };
