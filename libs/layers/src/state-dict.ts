// A module's values as named arrays, both ways. Loading looks at everything first and changes nothing
// until all of it is known to fit.
import { toFloat32, type DType, type NamedArray } from '@lilformer/checkpoints';
import type { Module } from './module.js';
import { join } from './names.js';
import { Parameter, sameNumbers, type ConstantBuffer } from './parameter.js';

/** Types that weights come in. */
const FLOATS: ReadonlySet<DType> = new Set(['F64', 'F32', 'F16', 'BF16']);

/** Every name a state dict of `module` has, see {@link Module.stateEntries}. */
export function* entries(module: Module, path = ''): Iterable<[string, Parameter | ConstantBuffer]> {
  for (const [name, parameter] of module.ownParameters()) yield [join(path, name), parameter];
  for (const [name, buffer] of module.ownBuffers()) yield [join(path, name), buffer];
  for (const [name, child] of module.namedChildren()) yield* entries(child, join(path, name));
}

/** Copies of all values of `module`, see {@link Module.stateDict}. */
export function stateDict(module: Module): Map<string, NamedArray> {
  const state = new Map<string, NamedArray>();
  for (const [name, entry] of entries(module)) {
    if (entry instanceof Parameter) {
      state.set(name, { dtype: 'F32', shape: storedShape(entry), data: inFileOrder(entry, entry.values()) });
    } else {
      state.set(name, { dtype: entry.dtype, shape: entry.shape, data: entry.values() });
    }
  }
  return state;
}

/** Takes over all values of `state`, see {@link Module.loadStateDict}. */
export function loadStateDict(module: Module, state: ReadonlyMap<string, NamedArray>, strict: boolean): void {
  const problems: string[] = [];
  const known = new Set<string>();
  const values = new Map<Parameter, { name: string; data: Float32Array }>();
  const absent: [string, Parameter][] = [];

  for (const [name, entry] of entries(module)) {
    known.add(name);
    const array = state.get(name);
    if (array === undefined) {
      if (entry instanceof Parameter) absent.push([name, entry]);
      continue;
    }
    const shape = storedShape(entry);
    if (array.shape.join() !== shape.join()) {
      problems.push(`${name} has shape [${array.shape.join(', ')}], expected [${shape.join(', ')}]`);
      continue;
    }
    const size = entry.shape.reduce((product, n) => product * n, 1);
    const data = toFloat32(array);
    if (!FLOATS.has(array.dtype) && !(!(entry instanceof Parameter) && array.dtype === entry.dtype)) {
      problems.push(`${name} has type ${array.dtype}, expected floating-point numbers`);
    } else if (data.length !== size) {
      problems.push(`${name} has ${data.length} numbers, expected ${size} for its shape`);
    } else if (entry instanceof Parameter) {
      const twin = values.get(entry);
      if (twin === undefined) values.set(entry, { name, data });
      else if (!sameNumbers(twin.data, data)) {
        problems.push(`${name} and ${twin.name} are one parameter, but have different values`);
      }
    } else if (!holds(data, array.dtype, entry.values())) {
      problems.push(`${name} is a constant, and not the one that this module computes`);
    }
  }
  if (strict) {
    for (const [name, parameter] of absent) {
      if (!values.has(parameter)) problems.push(`${name} is missing`);
    }
    for (const name of state.keys()) if (!known.has(name)) problems.push(`${name} is not known`);
  }
  if (problems.length > 0) {
    throw new Error(
      `the state dict does not fit ${module.constructor.name}; nothing was loaded:\n  ${problems.join('\n  ')}`,
    );
  }
  for (const [parameter, { data }] of values) {
    parameter.assign(fromFileOrder(parameter, data));
  }
}

/** The shape that a file has for an entry of the state dict. */
export function storedShape(entry: Parameter | ConstantBuffer): readonly number[] {
  return entry instanceof Parameter && entry.transposed ? entry.shape.toReversed() : entry.shape;
}

/** A parameter's values, as a file has them, in the order of its tensor. */
export function fromFileOrder({ transposed, shape }: Parameter, data: Float32Array): Float32Array {
  return transposed ? transpose(data, shape[1], shape[0]) : data;
}

/** The other way round. */
function inFileOrder({ transposed, shape }: Parameter, data: Float32Array): Float32Array {
  return transposed ? transpose(data, shape[0], shape[1]) : data;
}

/** [rows, columns] to [columns, rows], eight rows at a time: half the time of square blocks. */
function transpose(from: Float32Array, rows: number, columns: number): Float32Array {
  const to = new Float32Array(from.length);
  let top = 0;
  for (; top + 8 <= rows; top += 8) {
    for (let column = 0; column < columns; column++) {
      const at = column * rows + top;
      let next = top * columns + column;
      to[at] = from[next];
      to[at + 1] = from[(next += columns)];
      to[at + 2] = from[(next += columns)];
      to[at + 3] = from[(next += columns)];
      to[at + 4] = from[(next += columns)];
      to[at + 5] = from[(next += columns)];
      to[at + 6] = from[(next += columns)];
      to[at + 7] = from[next + columns];
    }
  }
  for (; top < rows; top++) {
    for (let column = 0; column < columns; column++) to[column * rows + top] = from[top * columns + column];
  }
  return to;
}

/** Whether `data` is the constant, up to the rounding of its type and of the sines of another library. */
function holds(data: Float32Array, dtype: string, constant: Float32Array | Uint8Array): boolean {
  const rounding = dtype === 'F16' ? 1e-3 : dtype === 'BF16' ? 1e-2 : 1e-4;
  return data.every((value, i) => Math.abs(value - constant[i]) <= rounding);
}
