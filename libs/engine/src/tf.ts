// The one TensorFlow.js namespace: everything imports `tf` from here, so that no second copy of the library gets in.
import { tf } from '#tensorflow';

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

export { tf };
