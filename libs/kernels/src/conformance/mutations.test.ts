// The suite fails for wrong implementations: each is the reference with one mistake.
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { argumentsOf, expectedLength, kernelNames, type AnyArray, type AnyCall } from '../arguments.js';
import type { Kernels } from '../kernels.js';
import { referenceKernels } from '../reference/index.js';
import { CASES } from './cases.js';
import { Draw } from './draw.js';
import type { Implementation } from './implementation.js';
import { testsOf, type Test } from './tests.js';

const CLASSES = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array };

type Kernel = (call: AnyCall) => unknown;

/** The reference with another kernel in place of one. */
function withKernel(name: keyof Kernels, kernel: Kernel): Implementation {
  return {
    kernels: { ...referenceKernels, [name]: kernel },
    array: (type, length) => new CLASSES[type](length),
  };
}

/** Arguments that a kernel may be called with. */
function exampleOf(name: keyof Kernels): AnyCall {
  const [example] = fc.sample(
    fc.gen().map((gen) => ({ ...CASES[name].call(new Draw(gen)) }) as AnyCall),
    { numRuns: 1, seed: 1 },
  );
  return example;
}

const arraysOf = (value: unknown): AnyArray[] => (value === undefined ? [] : ([value].flat() as AnyArray[]));

const copied = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(copied) : (value as AnyArray | undefined)?.slice();

/** Mistakes of a kernel. */
function mistakes(name: keyof Kernels): [string, Kernel][] {
  const right = referenceKernels[name] as unknown as Kernel;
  const found: [string, Kernel][] = [
    ['takes any arguments', (call) => {
      try {
        return right(call);
      } catch {
        return -1;
      }
    }],
  ]; // prettier-ignore
  const inputs = Object.entries(argumentsOf(name)).filter(([, { role }]) => role === 'input');
  if (inputs.length < Object.keys(argumentsOf(name)).length) {
    found.push([
      'takes outputs that overlap inputs',
      (call) => {
        const copies = inputs.map(([key]) => [key, copied(call[key])]);
        return right({ ...call, ...Object.fromEntries(copies) });
      },
    ]);
  }
  const floats = inputs.filter(([, { type }]) => type === 'float32').map(([key]) => key);
  if (floats.length > 0) {
    found.push([
      'takes other types',
      (call) => {
        const converted = floats.map((key) => [key, call[key] && Float32Array.from(call[key] as AnyArray)]);
        return right({ ...call, ...Object.fromEntries(converted) });
      },
    ]);
  }
  const sized = inputs.filter(([, { length }]) => typeof length !== 'function');
  if (sized.length > 0) {
    found.push([
      'takes longer inputs',
      (call) => {
        const cut = sized.map(([key, argument]) => [
          key,
          (call[key] as AnyArray | undefined)?.subarray(0, expectedLength(argument, call)),
        ]);
        return right({ ...call, ...Object.fromEntries(cut) });
      },
    ]);
  }
  for (const [key, { role, optional }] of Object.entries(argumentsOf(name))) {
    if (role === 'input') {
      if (optional) found.push([`ignores ${key}`, (call) => right({ ...call, [key]: undefined })]);
      found.push([`writes to ${key}`, (call) => {
        const result = right(call);
        for (const array of arraysOf(call[key])) array[0] += 1;
        return result;
      }]); // prettier-ignore
      continue;
    }
    found.push([`negates ${key}`, (call) => {
      const result = right(call);
      for (const array of arraysOf(call[key])) {
        array.set(array.map((x) => (array instanceof Uint8Array ? 1 - x : -x - (array instanceof Int32Array ? 1 : 0))));
      }
      return result;
    }]); // prettier-ignore
    found.push([`writes beyond ${key}`, (call) => {
      const result = right(call);
      for (const { buffer, byteOffset, byteLength } of arraysOf(call[key])) new Uint8Array(buffer)[byteOffset + byteLength] ^= 1;
      return result;
    }]); // prettier-ignore
    if (optional) found.push([`does not write ${key}`, (call) => right({ ...call, [key]: undefined })]);
  }
  for (const [key, value] of Object.entries(exampleOf(name))) {
    const isFlag = typeof value === 'boolean' && key !== 'bf16';
    if (isFlag) found.push([`inverts ${key}`, (call) => right({ ...call, [key]: !call[key] })]);
  }
  return found;
}

const alsoWrong: [keyof Kernels, string, Kernel][] = (
  [
    ['dropout', 'takes 32 bits of the seed', { seed: (seed) => seed % 2 ** 32 }],
    ['dropout', 'takes 32 bits of the counter', { counter: (counter) => counter % 2 ** 32 }],
    ['dropout', 'has a larger rate', { rate: (rate) => (rate > 0 ? rate + 5e-3 : 0) }],
    ['attentionForward', 'takes the next mask', { counter: (counter) => counter + 1 }],
    ['attentionPackedBackward', 'takes the next mask', { counter: (counter) => counter + 1 }],
    ['linearForward', 'takes another GELU', { activation: (kind) => (kind === 1 ? 2 : kind) }],
    ['layerNormForward', 'ignores epsilon', { epsilon: () => 0 }],
    ['crossEntropyForward', 'ignores no target', { ignored: () => -2 }],
    ['adamStep', 'ignores the L2 penalty', { l2: () => 0 }],
    ['adamStep', 'ignores the decay of weights', { shrink: () => 1 }],
  ] as [keyof Kernels, string, Readonly<Record<string, (value: number) => number>>][]
).map(([name, what, changes]) => [
  name,
  what,
  (call) => {
    const changed = Object.entries(changes).map(([key, change]) => [key, change(call[key] as number)]);
    return (referenceKernels[name] as unknown as Kernel)({ ...call, ...Object.fromEntries(changed) });
  },
]);

const PRODUCTS = ['linearForward', 'linearForward16', 'linearBackward', 'linearCrossEntropy'] as const;

const ALL = [
  ...kernelNames().flatMap((name) =>
    mistakes(name).map(([what, kernel]): [keyof Kernels, string, Kernel] => [name, what, kernel]),
  ),
  ...alsoWrong,
  ...PRODUCTS.map((name): [keyof Kernels, string, Kernel] => [
    name,
    'rounds to bf16 without the flag',
    (call) => (referenceKernels[name] as unknown as Kernel)({ ...call, bf16: true }),
  ]),
];

describe('a wrong implementation', () => {
  beforeAll(() => {
    fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true });
  });

  it.each(ALL)('fails: %s %s', (name, _, kernel) => {
    const implementation = withKernel(name, kernel);
    const passes = (test: Test): boolean => {
      try {
        test.run(implementation);
        return true;
      } catch {
        return false;
      }
    };
    expect(testsOf(name).reverse().every(passes)).toBe(false); // the short ones first
  });
});

describe('the suite', () => {
  it('has a case for every kernel', () => {
    expect(Object.keys(CASES).sort()).toEqual(Object.keys(referenceKernels).sort());
  });
});
