// Constants of state dicts. The attention operations do not read the masks; they are stored for compatibility with PyTorch.
import { ConstantBuffer } from '../module/parameter.js';
import { checkSize } from '../module/sizes.js';

/**
 * A causal mask `[T, T]`, one row per query. `BOOL`: true above the diagonal, where a key is masked. `F32`: `torch.tril` of
 * ones, 1 where a key is visible.
 */
export function causalMask(contextLength: number, dtype: 'BOOL' | 'F32'): ConstantBuffer {
  const size = checkSize('contextLength', contextLength);
  return new ConstantBuffer(dtype, [size, size], () => {
    const mask = dtype === 'BOOL' ? new Uint8Array(size * size) : new Float32Array(size * size);
    for (let row = 0; row < size; row++) {
      const diagonal = row * size + row + 1;
      if (dtype === 'BOOL') mask.fill(1, diagonal, (row + 1) * size);
      else mask.fill(1, row * size, diagonal);
    }
    return mask;
  });
}

/**
 * Sinusoidal positional encodings `[length, dModel]`, row-major (Vaswani et al., 2017, section 3.5): sine in even columns,
 * cosine in odd ones. Rounded to float32 at each step, as in PyTorch.
 */
export function sinusoids(length: number, dModel: number): Float32Array {
  checkSize('length', length);
  checkSize('dModel', dModel);
  const table = new Float32Array(length * dModel);
  const step = Math.fround(-Math.log(10000) / dModel);
  for (let column = 0; column < dModel; column++) {
    const frequency = Math.fround(Math.exp(Math.fround((column - (column % 2)) * step)));
    const wave = column % 2 === 0 ? Math.sin : Math.cos;
    for (let position = 0; position < length; position++) {
      table[position * dModel + column] = wave(Math.fround(position * frequency));
    }
  }
  return table;
}
