// The one TensorFlow.js namespace: everything imports `tf` from here, so that no second copy of the library gets in.
//
// It is loaded by `require`: for an `import`, Node first scans its megabyte for export names, which takes longer than
// running it.
import { createRequire } from 'node:module';

/** Loads backends the same way. Also what tsx resolves the next line with. */
const require = createRequire(import.meta.url);

// eslint-disable-next-line @typescript-eslint/no-require-imports
import tf = require('@tensorflow/tfjs-core');

// Without a backend, TensorFlow.js says "No backend found in registry".
const engine = tf.engine() as unknown as {
  registryFactory: object;
  initializeBackendsAndReturnBest(): unknown;
};
const initialize = engine.initializeBackendsAndReturnBest.bind(engine);
engine.initializeBackendsAndReturnBest = () => {
  if (Object.keys(engine.registryFactory).length > 0) return initialize();
  throw new Error(
    'engine: none is open. Expected `await openEngine()` of @lilformer/engine before the first tensor, layer or model.',
  );
};

export { require, tf };
