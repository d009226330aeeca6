// The tests of one kernel. They throw where an implementation differs from the reference.
import fc from 'fast-check';
import {
  argumentsOf,
  expectedLength,
  type AnyArray,
  type AnyCall,
  type ArrayArgument,
  type ElementType,
} from '../arguments.js';
import type { Kernels } from '../kernels.js';
import { referenceKernels } from '../reference/index.js';
import { CASES, RELATIVE, RELATIVE_BF16, type Case } from './cases.js';
import { Draw } from './draw.js';
import type { Implementation } from './implementation.js';
import { Memory, UNTOUCHED } from './memory.js';

export interface Test {
  readonly title: string;
  run(implementation: Implementation): void;
}

/** Relative errors are those of numbers of at least this size. */
const SMALL = 1e-3;

type Kernel = (call: AnyCall) => unknown;
type Value = AnyArray | readonly AnyArray[];

const kernelOf = (kernels: Kernels, name: keyof Kernels): Kernel => kernels[name] as unknown as Kernel;

const TYPES: Readonly<Record<string, ElementType>> = {
  Float32Array: 'float32',
  Float64Array: 'float64',
  Int32Array: 'int32',
  Uint8Array: 'uint8',
};
const CLASSES = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array };

const typeOf = (array: AnyArray): ElementType => TYPES[array.constructor.name];
const listOf = (value: Value): readonly AnyArray[] => (Array.isArray(value) ? value : [value as AnyArray]);

/** Applies a function to the array or to each of the list. */
function mapped(value: Value, each: (array: AnyArray) => AnyArray): Value {
  return Array.isArray(value) ? value.map(each) : each(value as AnyArray);
}

/** The array arguments of a kernel that a call has. */
function arraysOf(name: string, call: AnyCall): [string, ArrayArgument<AnyCall>, Value][] {
  return Object.entries(argumentsOf(name))
    .filter(([key]) => call[key] !== undefined)
    .map(([key, argument]) => [key, argument, call[key] as Value]);
}

/** A random call in ordinary memory, with outputs that contain UNTOUCHED. */
function drawn(name: keyof Kernels, draw: Draw): AnyCall {
  const call: AnyCall = (CASES[name] as unknown as Case<'unary'>).call(draw);
  for (const [key, argument] of Object.entries(argumentsOf(name))) {
    if (argument.role !== 'output') continue;
    const isGiven = Object.hasOwn(call, key);
    if (!isGiven && argument.optional && draw.flag()) continue;
    if (!isGiven) {
      const Class = CLASSES[argument.type as ElementType];
      call[key] = new Class(expectedLength(argument, call));
    }
    if (call[key] !== undefined)
      call[key] = mapped(call[key] as Value, (array) => array.fill(UNTOUCHED[typeOf(array)]));
  }
  return call;
}

/** A copy of a call in the memory of an implementation. */
function placed(name: string, call: AnyCall, memory: Memory, offset: () => number): AnyCall {
  const copy = { ...call };
  for (const [key, , value] of arraysOf(name, call)) {
    copy[key] = mapped(value, (array) => memory.take(typeOf(array), array, offset()));
  }
  return copy;
}

/** A copy of a call in ordinary memory. */
function copied(name: string, call: AnyCall): AnyCall {
  const copy = { ...call };
  for (const [key, , value] of arraysOf(name, call)) copy[key] = mapped(value, (array) => array.slice());
  return copy;
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Throws if an array differs from the expected one. `bits` distinguishes -0 from 0; `errorOf` gives the allowed error. */
function compare(
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  errorOf: 'bits' | ((expected: number) => number),
): void {
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i], expected[i]];
    if (Object.is(a, e) || (errorOf !== 'bits' && a === e)) continue;
    const error = errorOf === 'bits' ? 0 : errorOf(e);
    if (errorOf !== 'bits' && Number.isFinite(e) && Math.abs(a - e) <= error) continue;
    throw new Error(`${what}[${i}]: ${a}. Expected ${e} ± ${error}.`);
  }
}

function matches(name: keyof Kernels, implementation: Implementation, memory: Memory, draw: Draw): void {
  const call = drawn(name, draw);
  const rounds = call.bf16 === true;
  const expected = copied(name, call);
  memory.clear();
  const actual = placed(name, call, memory, () => draw.integer(0, 5));
  const expectedResult = kernelOf(referenceKernels, name)(expected);
  const result = kernelOf(implementation.kernels, name)(actual);
  memory.check();

  const precision = (CASES[name] as unknown as Case<'unary'>).precision?.(call as never) ?? {};
  const relative = rounds ? RELATIVE_BF16 : RELATIVE;
  const errorOf = (key: string): 'bits' | ((expected: number) => number) => {
    const each = precision[key] ?? 0;
    if (each === 'bits') return each;
    if (each === 'relative') return (expected) => relative * Math.max(Math.abs(expected), SMALL);
    return () => relative * each;
  };
  for (const [key, { role }, value] of arraysOf(name, actual)) {
    for (const [i, array] of listOf(value).entries()) {
      const goal = listOf(expected[key] as Value)[i];
      if (role === 'input') compare(`input ${key} after the call`, array, goal, 'bits');
      else compare(key, array, goal, errorOf(key));
    }
  }
  if (typeof expectedResult === 'number') {
    compare('result', [result as number], [expectedResult], errorOf('result'));
  } else if (result !== expectedResult) {
    throw new Error(`result: ${String(result)}. Expected ${String(expectedResult)}.`);
  }
}

/** Throws unless the call is an error and leaves all arrays as they are. */
function refuses(name: keyof Kernels, implementation: Implementation, call: AnyCall, what: string): void {
  const before = copied(name, call);
  try {
    kernelOf(implementation.kernels, name)(call);
  } catch (error) {
    if (message(error) === '') throw new Error(`${what}: an error without a message.`, { cause: error });
    for (const [key, , value] of arraysOf(name, call)) {
      for (const [i, array] of listOf(value).entries())
        compare(`${what}: ${key} after the error`, array, listOf(before[key] as Value)[i], 'bits');
    }
    return;
  }
  throw new Error(`${what}: no error. Expected one.`);
}

/** The same for changed arguments, which may fit: then the reference takes them. */
function refusesUnfit(
  name: keyof Kernels,
  implementation: Implementation,
  call: AnyCall,
  what: string,
): void {
  try {
    kernelOf(referenceKernels, name)(copied(name, call));
  } catch {
    refuses(name, implementation, call, what);
  }
}

/** Calls `each` with a fresh call, and one of its arrays. */
function forEachArray(
  name: keyof Kernels,
  memory: Memory,
  draw: Draw,
  each: (call: AnyCall, key: string, array: AnyArray, argument: ArrayArgument<AnyCall>) => void,
): void {
  const call = drawn(name, draw);
  for (const [key, argument, value] of arraysOf(name, call)) {
    if (argument.type === 'list' && listOf(value).length === 0) continue;
    memory.clear();
    const fresh = placed(name, call, memory, () => 0);
    each(fresh, key, listOf(fresh[key] as Value)[0], argument);
    memory.check();
  }
}

/** The elements of both arrays. */
function joined(a: AnyArray, b: AnyArray): Float64Array {
  const both = new Float64Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** The call with another array in place of one, the first of a list. */
function replaced(call: AnyCall, key: string, array: AnyArray): AnyCall {
  const value = call[key] as Value;
  return { ...call, [key]: Array.isArray(value) ? [array, ...value.slice(1)] : array };
}

function refusesLengths(
  name: keyof Kernels,
  implementation: Implementation,
  memory: Memory,
  draw: Draw,
): void {
  forEachArray(name, memory, draw, (call, key, array) => {
    const longer = memory.take(typeOf(array), joined(array, new Float64Array(1)), 0);
    refusesUnfit(name, implementation, replaced(call, key, longer), `${key} with one element more`);
    if (array.length === 0) return;
    const shorter = replaced(call, key, array.subarray(1));
    refusesUnfit(name, implementation, shorter, `${key} with one element less`);
  });
}

function refusesTypes(name: keyof Kernels, implementation: Implementation, memory: Memory, draw: Draw): void {
  forEachArray(name, memory, draw, (call, key, array) => {
    for (const type of Object.values(TYPES)) {
      if (type === typeOf(array)) continue;
      const other = memory.take(type, new Uint8Array(array.length), 0);
      refusesUnfit(name, implementation, replaced(call, key, other), `${key} of type ${type}`);
    }
  });
}

function refusesOverlap(
  name: keyof Kernels,
  implementation: Implementation,
  memory: Memory,
  draw: Draw,
): void {
  forEachArray(name, memory, draw, (call, key, output, { role }) => {
    if (role === 'input' || output.length === 0) return;
    for (const [other, , value] of arraysOf(name, call)) {
      const [array] = listOf(value);
      if (other === key || !array || array.length === 0 || typeOf(array) !== typeOf(output)) continue;
      // The output starts with the last element of the other array.
      const both = memory.take(typeOf(output), joined(array, output.subarray(1)), 0);
      const overlapping = replaced(call, other, both.subarray(0, array.length));
      const goal = both.subarray(array.length - 1);
      refuses(name, implementation, replaced(overlapping, key, goal), `${key} over ${other}`);
    }
  });
}

function refusesNumbers(
  name: keyof Kernels,
  implementation: Implementation,
  memory: Memory,
  draw: Draw,
): void {
  const call = drawn(name, draw);
  const sizes = new Set(
    Object.values(argumentsOf(name))
      .flatMap(({ length }) => (typeof length === 'function' ? [] : length))
      .filter((size) => typeof size === 'string'),
  );
  const isWhole = [...sizes].every((size) => (call[size] as number) > 0); // otherwise -1 elements may be 0 in all
  const wrong = [
    ...[...sizes].flatMap((size) => [
      { [size]: (call[size] as number) + 1 },
      ...(isWhole ? [{ [size]: -1 }] : []),
    ]),
    ...((CASES[name] as unknown as Case<'unary'>).refused?.(call as never) ?? []),
  ];
  for (const change of wrong) {
    memory.clear();
    const changed = placed(name, { ...call, ...change }, memory, () => 0);
    const what = Object.entries(change)
      .map(
        ([key, value]) =>
          `${key} ${ArrayBuffer.isView(value) ? String([...(value as AnyArray)].slice(0, 3)) : String(value)}`,
      )
      .join(', ');
    refusesUnfit(name, implementation, changed, what);
    memory.check();
  }
}

/** Number of random calls that are compared with the reference. */
const RUNS = 100;
/** Number of random calls that are changed to be refused, and the largest product of their sizes. */
const REFUSED = { runs: 8, most: 300 };

type Body = (name: keyof Kernels, implementation: Implementation, memory: Memory, draw: Draw) => void;

/** The tests of a kernel. */
export function testsOf(name: keyof Kernels): Test[] {
  const property =
    (body: Body, numRuns: number, most?: number) =>
    (implementation: Implementation): void => {
      const memory = new Memory(implementation);
      const run = fc.property(fc.gen(), (gen) => body(name, implementation, memory, new Draw(gen, most)));
      fc.assert(run, { numRuns });
    };
  const refusal = (body: Body) => property(body, REFUSED.runs, REFUSED.most);
  return [
    { title: 'matches the reference and writes nothing else', run: property(matches, RUNS) },
    { title: 'refuses arrays of a wrong length', run: refusal(refusesLengths) },
    { title: 'refuses arrays of a wrong type', run: refusal(refusesTypes) },
    { title: 'refuses outputs that overlap another argument', run: refusal(refusesOverlap) },
    { title: 'refuses sizes and numbers out of range', run: refusal(refusesNumbers) },
  ];
}
