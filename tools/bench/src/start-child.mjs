// The program timed by start.ts: opens an engine, creates a tiny model, trains one step. Uses the built libraries.
// Prints one JSON line with the time of each part.
const marks = [];
const mark = (name) => {
  const { user, system } = process.cpuUsage();
  marks.push({ name, ms: performance.now(), processorMs: (user + system) / 1e3 });
};
mark('node');
const { openEngine, tf } = await import('@lilformer/engine');
mark('import engine');
const { clipByGlobalNorm } = await import('@lilformer/ops');
mark('import ops');
const { createModel } = await import('@lilformer/models');
mark('import models');
const { createOptimizer, lossAndGradients } = await import('@lilformer/training');
mark('import training');
const { Random } = await import('@lilformer/random');
const engine = await openEngine({ engine: process.argv[2] });
mark('open engine');

const [batch, length, vocabSize] = [4, 16, 64];
const settings = {
  type: 'tiny-transformer',
  vocabSize,
  dModel: 32,
  nHeads: 2,
  dFf: 64,
  nLayers: 2,
  contextLength: length,
};
const random = new Random(0);
const model = createModel(settings, random);
const parameters = new Map(model.namedParameters());
const optimizer = createOptimizer({ type: 'adamw' }, parameters);
mark('build model');
const ids = Int32Array.from({ length: batch * length }, () => random.integer(vocabSize));
const { gradients, loss } = lossAndGradients(model, parameters, [
  { inputs: ids, targets: ids.map((id) => (id + 1) % vocabSize), batch, length },
]);
const { scale } = clipByGlobalNorm([...gradients.values()], 1);
optimizer.step(gradients, { learningRate: 1e-3, gradientScale: scale });
tf.dispose([...gradients.values()]);
mark('train one step');
console.log(JSON.stringify({ engine: engine.describe(), loss, marks }));
