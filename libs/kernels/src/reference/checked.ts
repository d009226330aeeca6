// The checks of arguments that all kernels have in common.
import {
  argumentsOf,
  expectedLength,
  kernelNames,
  type AnyArray,
  type AnyCall,
  type ArrayArgument,
  type ElementType,
} from '../arguments.js';
import type { Kernels } from '../kernels.js';

const CLASSES: Record<ElementType, string> = {
  float32: 'Float32Array',
  float64: 'Float64Array',
  int32: 'Int32Array',
  uint8: 'Uint8Array',
};

/** Throws an Error with this message unless the condition holds. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** Throws unless an operation number is in a table. */
export function assertOperation(name: string, value: number, table: Readonly<Record<string, number>>): void {
  const numbers = Object.values(table);
  assert(numbers.includes(value), `${name}: ${value}. Expected 0 to ${Math.max(...numbers)}.`);
}

/** The kernels with checks of the types and lengths of arrays, of sizes, and of outputs that overlap other arguments. */
export function checked(kernels: Kernels): Kernels {
  const all = kernelNames().map((name) => {
    const kernel = kernels[name] as unknown as (call: AnyCall) => unknown;
    return [
      name,
      (call: AnyCall) => {
        check(name, call);
        return kernel(call);
      },
    ];
  });
  return Object.fromEntries(all) as Kernels;
}

function check(kernel: string, call: AnyCall): void {
  const arrays = Object.entries(argumentsOf(kernel)).filter(([name, argument]) => {
    assert(argument.optional || call[name] !== undefined, `${name}: missing. Expected an array.`);
    return call[name] !== undefined;
  });
  for (const [name, { type }] of arrays) checkType(name, call[name], type);
  for (const [, { length }] of arrays) if (typeof length !== 'function') checkSizes(length, call);
  for (const [name, argument] of arrays) {
    const expected = expectedLength(argument, call);
    const given = (call[name] as { length: number }).length;
    assert(
      argument.type === 'list' || given === expected,
      `${name}: ${given} elements. Expected ${expected}.`,
    );
  }
  checkOverlap(arrays, call);
}

function checkSizes(names: readonly (number | string)[], call: AnyCall): void {
  for (const name of names) {
    const size = typeof name === 'number' ? name : (call[name] as number);
    assert(
      Number.isInteger(size) && size >= 0 && size < 2 ** 32,
      `${name}: ${size}. Expected an integer from 0 to 2^32 - 1.`,
    );
  }
}

function checkType(name: string, value: unknown, type: ArrayArgument<AnyCall>['type']): void {
  if (type === 'list') {
    assert(Array.isArray(value), `${name}: not a list. Expected arrays.`);
    for (const array of value) checkType(name, array, 'float32');
    return;
  }
  const found = Object.prototype.toString.call(value).slice(8, -1);
  const expected = type === 'numbers' ? ['Float32Array', 'Int32Array', 'Uint8Array'] : [CLASSES[type]];
  assert(expected.includes(found), `${name}: ${found}. Expected ${expected.join(' or ')}.`);
}

function checkOverlap(arrays: readonly [string, ArrayArgument<AnyCall>][], call: AnyCall): void {
  const spans = arrays.flatMap(([name, { role }]) =>
    ([call[name]].flat() as AnyArray[])
      .filter((array) => array.length > 0)
      .map(({ buffer, byteOffset, byteLength }) => ({
        ...{ name, role, buffer },
        ...{ start: byteOffset, end: byteOffset + byteLength },
      })),
  );
  for (const [i, a] of spans.entries()) {
    for (const b of spans.slice(i + 1)) {
      const overlap = a.buffer === b.buffer && a.start < b.end && b.start < a.end;
      assert(
        !overlap || (a.role === 'input' && b.role === 'input'),
        `${a.name} and ${b.name}: shared memory. Expected outputs that overlap no other argument.`,
      );
    }
  }
}
