// Reads values from the engine asynchronously, which GPU engines require.
import { tf } from '@lilformer/engine';
import { Capture, type Module } from '@lilformer/layers';

/** The values of the tensor that `make` returns. Disposes all tensors. */
export async function valuesOf(make: () => tf.Tensor): Promise<Float32Array> {
  const tensor = tf.tidy(make);
  try {
    return await tensor.data<'float32'>();
  } finally {
    tensor.dispose();
  }
}

/** An int32 tensor `[batch, T]` of ids. */
export function idTensor(ids: ArrayLike<number>, batch = 1): tf.Tensor2D {
  return tf.tensor2d(Int32Array.from(ids), [batch, ids.length / batch], 'int32');
}

/** Runs a forward pass in evaluation mode and returns what the model captured. Disposes all tensors. */
export async function captured(model: Module, forward: (capture: Capture) => unknown): Promise<Capture> {
  const kept = new KeptTensors();
  try {
    model.evaluating(() => tf.tidy(() => void forward(kept)));
    const capture = new Capture();
    for (const [name, tensor] of kept.tensors) {
      capture.set(name, { shape: tensor.shape, data: await tensor.data<'float32'>() });
    }
    return capture;
  } finally {
    tf.dispose([...kept.tensors.values()]);
  }
}

/** Keeps tensors until the forward pass is done instead of reading each one at once. */
class KeptTensors extends Capture {
  readonly tensors = new Map<string, tf.Tensor>();

  override take(name: string, tensor: tf.Tensor): void {
    this.tensors.set(name, tf.keep(tf.clone(tensor)));
  }
}
