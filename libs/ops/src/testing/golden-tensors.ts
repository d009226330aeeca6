// Reference files as tensors and plain numbers.
import { readSafetensors, toFloat32, type NamedArray } from '@lilformer/checkpoints';
import { tf } from '@lilformer/engine';
import { golden } from '@lilformer/testing';

/** The tensors of one golden safetensors file. */
export class GoldenTensors {
  private constructor(private readonly tensors: ReadonlyMap<string, NamedArray>) {}

  static async read(path: string): Promise<GoldenTensors> {
    return new GoldenTensors((await readSafetensors(golden(path))).tensors);
  }

  array(name: string): NamedArray {
    const array = this.tensors.get(name);
    if (!array) throw new Error(`no tensor ${name}, expected one of ${[...this.tensors.keys()].join(', ')}`);
    return array;
  }

  numbers(name: string): Float32Array {
    return toFloat32(this.array(name));
  }

  tensor(name: string): tf.Tensor {
    return tf.tensor(this.numbers(name), [...this.array(name).shape]);
  }

  ids(name: string): tf.Tensor {
    return tf.tensor(Int32Array.from(this.numbers(name)), [...this.array(name).shape], 'int32');
  }
}
