// The arguments of the addon's functions, read from their Rust signatures.
import { rustFunctions } from '../../scripts/generate-calls.mjs';

/** Types of arguments. */
export type Kind =
  | 'Float32Array'
  | 'Float64Array'
  | 'Int32Array'
  | 'Uint8Array'
  | 'Numbers'
  | 'Float32Array[]'
  | 'number'
  | 'boolean';

export interface Argument {
  readonly name: string;
  readonly kind: Kind;
  readonly optional: boolean;
}

/** The arguments of every function by name. */
export function signatures(): Map<string, readonly Argument[]> {
  return new Map(
    rustFunctions().map(({ name, parameters }) => [
      name,
      parameters.map(({ name, type, optional }) => ({ name, kind: type as Kind, optional })),
    ]),
  );
}
