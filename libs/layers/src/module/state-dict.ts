// Converts between the tensors of a module and named arrays. Loading checks every entry before it changes any.
import { toFloat32, type DType, type NamedArray } from '@lilformer/checkpoints';
import { bitwiseEqual, Parameter, type ConstantBuffer } from './parameter.js';

/** Parameters and constants by name; see {@link Module.stateEntries}. */
export type StateEntries = Iterable<readonly [string, Parameter | ConstantBuffer]>;

const FLOATS: ReadonlySet<DType> = new Set(['F64', 'F32', 'F16', 'BF16']);

/** Copies all values; see {@link Module.stateDict}. */
export function stateDict(entries: StateEntries): Map<string, NamedArray> {
  const state = new Map<string, NamedArray>();
  for (const [name, entry] of entries) {
    const { storedShape: shape } = entry;
    if (entry instanceof Parameter) state.set(name, { dtype: 'F32', shape, data: entry.toStored() });
    else state.set(name, { dtype: entry.dtype, shape, data: entry.values() });
  }
  return state;
}

/**
 * Assigns all values of `state`; see {@link Module.loadStateDict}.
 * @param owner class name of the module, for messages
 */
export function loadStateDict(
  owner: string,
  entries: StateEntries,
  state: ReadonlyMap<string, NamedArray>,
  strict: boolean,
): void {
  const problems: string[] = [];
  const known = new Set<string>();
  const values = new Map<Parameter, { name: string; data: Float32Array }>();
  const absent: [string, Parameter][] = [];

  for (const [name, entry] of entries) {
    known.add(name);
    const array = state.get(name);
    if (array === undefined) {
      if (entry instanceof Parameter) absent.push([name, entry]);
      continue;
    }
    const shape = entry.storedShape;
    if (array.shape.join() !== shape.join()) {
      problems.push(`${name} has shape [${array.shape.join(', ')}]. Expected [${shape.join(', ')}].`);
      continue;
    }
    const size = shape.reduce((product, n) => product * n, 1);
    const data = toFloat32(array);
    const accepted =
      FLOATS.has(array.dtype) || (!(entry instanceof Parameter) && array.dtype === entry.dtype);
    if (!accepted) {
      problems.push(`${name} has type ${array.dtype}. Expected a floating-point type.`);
    } else if (data.length !== size) {
      problems.push(`${name} has ${data.length} values. Expected ${size} for its shape.`);
    } else if (entry instanceof Parameter) {
      const tied = values.get(entry);
      if (tied === undefined) values.set(entry, { name, data });
      else if (!bitwiseEqual(tied.data, data)) {
        problems.push(`${name} and ${tied.name} are tied, but have different values.`);
      }
    } else if (!isConstant(data, array.dtype, entry.values())) {
      problems.push(`${name} is a constant, and differs from the one this module computes.`);
    }
  }
  if (strict) {
    for (const [name, parameter] of absent) {
      if (!values.has(parameter)) problems.push(`${name} is missing.`);
    }
    for (const name of state.keys()) if (!known.has(name)) problems.push(`${name} is unexpected.`);
  }
  if (problems.length > 0) {
    throw new Error(
      `state dict: does not fit ${owner}. Nothing was loaded.\n${problems.map((one) => `  ${one}`).join('\n')}`,
    );
  }
  for (const [parameter, { data }] of values) parameter.assign(parameter.fromStored(data));
}

/** Whether `data` equals the constant, up to the rounding of its type and differences between sine implementations. */
function isConstant(data: Float32Array, dtype: string, constant: Float32Array | Uint8Array): boolean {
  const tolerance = dtype === 'F16' ? 1e-3 : dtype === 'BF16' ? 1e-2 : 1e-4;
  return data.every((value, i) => Math.abs(value - constant[i]) <= tolerance);
}
