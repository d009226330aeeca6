// The one TensorFlow.js namespace: everything imports `tf` from here, so that no second copy of the library gets in.
//
// It is loaded by `require`: for an `import`, Node first scans its megabyte for export names, which takes longer than
// running it.
import { createRequire } from 'node:module';

/** Loads backends the same way. Also what tsx resolves the next line with. */
const require = createRequire(import.meta.url);

// eslint-disable-next-line @typescript-eslint/no-require-imports
import tf = require('@tensorflow/tfjs-core');

export { require, tf };
