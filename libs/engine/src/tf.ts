// The one TensorFlow.js namespace of the house. Everything that touches a tensor imports `tf` from here, so
// that no second copy of the library (another version, or an inlined one) can slip in beside it.
//
// It comes by `require`: for an `import`, Node first reads through the megabyte to find the names it exports, which
// takes longer than to run it.
import { createRequire } from 'node:module';

/** Loads a backend the same way. What runs this source as it is takes it for the next line, too. */
const require = createRequire(import.meta.url);

// eslint-disable-next-line @typescript-eslint/no-require-imports
import tf = require('@tensorflow/tfjs-core');

export { require, tf };
