// The constants that PyTorch's models carry in their state dicts. No operation here reads the masks
// (attention knows the future when it sees it); they are for files.
import { ConstantBuffer } from './parameter.js';
import { checkSize } from './sizes.js';

/** `[T, T]` of booleans, true where a query (row) must not see a key (column): above the diagonal. */
export function futureMask(contextLength: number): ConstantBuffer {
  const size = checkSize('contextLength', contextLength);
  return new ConstantBuffer('BOOL', [size, size], () => {
    const mask = new Uint8Array(size * size);
    for (let row = 0; row < size; row++) mask.fill(1, row * size + row + 1, (row + 1) * size);
    return mask;
  });
}

/** `[T, T]` of floats, 1 where a query (row) may see a key (column): on and below the diagonal. */
export function visibleMask(contextLength: number): ConstantBuffer {
  const size = checkSize('contextLength', contextLength);
  return new ConstantBuffer('F32', [size, size], () => {
    const mask = new Float32Array(size * size);
    for (let row = 0; row < size; row++) mask.fill(1, row * size, row * size + row + 1);
    return mask;
  });
}

/**
 * `[T, width]`, row after row: the fixed positions of "Attention is all you need" (Vaswani et al., 2017,
 * section 3.5), sine on even columns, cosine on odd ones, column pair i turning at 10000^(-2i/width).
 * Rounded to single precision at each step, as PyTorch does it.
 */
export function sinusoids(length: number, width: number): Float32Array {
  checkSize('length', length);
  checkSize('width', width);
  const table = new Float32Array(length * width);
  const step = Math.fround(-Math.log(10000) / width);
  for (let column = 0; column < width; column++) {
    const rate = Math.fround(Math.exp(Math.fround((column - (column % 2)) * step)));
    const wave = column % 2 === 0 ? Math.sin : Math.cos;
    for (let position = 0; position < length; position++) {
      table[position * width + column] = wave(Math.fround(position * rate));
    }
  }
  return table;
}
