// Fastest matrix product by tf.matMul and linear; called with a JSON task, prints one JSON line.
import { tf } from '@lilformer/engine';
import { linear } from '@lilformer/ops';
import { Random } from '@lilformer/random';
import { openFor } from './engine.js';
import type { Peak, PeakTask } from './peaks.js';

const task = JSON.parse(process.argv[2]) as PeakTask;
await openFor(task.engine, task.precision);
console.log(JSON.stringify(measure(task)));

function measure({ shapes, msPerShape }: PeakTask): Peak {
  const random = new Random(0);
  const operand = (rows: number, columns: number): tf.Tensor2D => {
    const values = new Float32Array(rows * columns);
    random.fillUniform(values, -1, 1);
    return tf.tensor2d(values, [rows, columns]);
  };
  let best: Peak = { gflops: 0, shape: shapes[0] };
  for (const shape of shapes) {
    const [m, k, n] = shape;
    const flops = 2 * m * k * n;
    // Skip shapes that would take too long on a slow engine.
    if (best.gflops > 0 && flops / best.gflops / 1e6 > 4 * msPerShape) continue;
    const [a, b, transposed] = [operand(m, k), operand(k, n), operand(n, k)];
    for (const product of [() => tf.matMul(a, b), () => linear(a, transposed)]) {
      const started = performance.now();
      for (let i = 0; i < 3 || performance.now() - started < msPerShape / 2; i++) {
        const start = performance.now();
        product().dispose();
        const gflops = flops / (performance.now() - start) / 1e6;
        if (gflops > best.gflops) best = { gflops, shape };
      }
    }
    tf.dispose([a, b, transposed]);
  }
  return best;
}
