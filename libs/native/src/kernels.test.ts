// The functions around the products (norms, embedding, dropout, activations, experts, optimizers) against arguments
// that nobody should hand them: none may write elsewhere, or leave out a part of its outputs. That their results are
// right is tested beside the operations of @lilformer/ops.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadAddon, NativeUnavailableError, type Addon } from './load.js';

const library = ((): Addon | undefined => {
  try {
    return loadAddon();
  } catch (error) {
    if (error instanceof NativeUnavailableError) return undefined; // no cargo here
    throw error;
  }
})();

type Values = Float32Array | Float64Array | Int32Array;
type Argument = Values | Values[] | number | undefined;

interface Call {
  args: Argument[];
  /** Places of the arguments that are written. */
  outputs: number[];
}

/** What a call is made of: sizes from 0, and numbers. */
class Maker {
  #seed: number;
  constructor(
    readonly rows: number,
    readonly width: number,
    seed: number,
    readonly optional: boolean,
  ) {
    this.#seed = seed;
  }

  /** So many numbers between -1 and 1. */
  read(length: number): Float32Array {
    return Float32Array.from({ length }, () => this.#next() * 2 - 1);
  }

  ids(length: number, below: number): Int32Array {
    return Int32Array.from({ length }, () => Math.floor(this.#next() * below));
  }

  #next(): number {
    this.#seed = (this.#seed * 48271 + 11) % 2147483647;
    return this.#seed / 2147483647;
  }
}

/** A place to write, where what is not written shows. */
const write = (length: number): Float32Array => new Float32Array(length).fill(NaN);

const calls: Record<string, (make: Maker) => Call> = {
  layerNormForward: (make) => {
    const { rows, width, optional } = make;
    const all = rows * width;
    const [added, sum, statistics] = optional ? [make.read(all), write(all), write(rows * 2)] : [];
    return {
      args: [make.read(all), added, make.read(width), make.read(width), sum, write(all), statistics, rows, width, 1e-5], // prettier-ignore
      outputs: [4, 5, 6],
    };
  },
  rmsNormForward: (make) => {
    const { rows, width, optional } = make;
    const all = rows * width;
    const [added, sum, scales] = optional ? [make.read(all), write(all), write(rows)] : [];
    return {
      args: [make.read(all), added, make.read(width), sum, write(all), scales, rows, width, 1e-5],
      outputs: [3, 4, 5],
    };
  },
  layerNormBackward: (make) => {
    const { rows, width, optional } = make;
    const all = rows * width;
    const base = optional ? make.read(all) : undefined;
    const inputs = [make.read(all), make.read(all), make.read(width), make.read(2 * rows), base];
    return { args: [...inputs, write(all), write(width), write(width), rows, width], outputs: [5, 6, 7] };
  },
  rmsNormBackward: (make) => {
    const { rows, width, optional } = make;
    const all = rows * width;
    const base = optional ? make.read(all) : undefined;
    const inputs = [make.read(all), make.read(all), make.read(width), make.read(rows), base];
    return { args: [...inputs, write(all), write(width), rows, width], outputs: [5, 6] };
  },
  embeddingForward: (make) => {
    const { rows, width, optional } = make;
    const period = optional ? 3 : 0;
    const places = optional ? make.read(period * width) : undefined;
    const inputs = [make.ids(rows, 5), make.read(5 * width), places];
    return { args: [...inputs, write(rows * width), rows, 5, period, width], outputs: [3] };
  },
  embeddingBackward: (make) => {
    const { rows, width, optional } = make;
    const period = optional ? 3 : 0;
    const places = optional ? write(period * width) : undefined;
    const inputs = [make.ids(rows, 5), make.read(rows * width)];
    return { args: [...inputs, write(5 * width), places, rows, 5, period, width], outputs: [2, 3] };
  },
  dropout: (make) => {
    const { rows, width, optional } = make;
    const base = optional ? make.read(rows * width) : undefined;
    const inputs = [make.read(rows * width), base];
    return { args: [...inputs, write(rows * width), rows, width, 0.3, 2 ** 52, 2 ** 51], outputs: [2] };
  },
  residualAdd: (make) => {
    const all = make.rows * make.width;
    return { args: [make.read(all), make.read(all), write(all)], outputs: [2] };
  },
  activationForward: (make) => {
    const all = make.rows * make.width;
    return { args: [make.read(all), write(all), make.optional ? 1 : 2], outputs: [1] };
  },
  activationBackward: (make) => {
    const all = make.rows * make.width;
    return { args: [make.read(all), make.read(all), write(all), make.optional ? 0 : 2], outputs: [2] };
  },
  gatherRows: (make) => {
    const { rows, width } = make;
    const index = make.ids(rows + 2, rows + 1).map((row) => row - 1);
    return {
      args: [[make.read(rows * width), make.read(0)], index, [write(width), write(rows * width), write(width)], width], // prettier-ignore
      outputs: [2],
    };
  },
  sumOfSquares: (make) => ({ args: [[make.read(make.rows), make.read(make.width)]], outputs: [] }),
  adamStep: (make) => {
    const arrays = () => [make.read(make.rows), make.read(make.width)];
    const second = arrays().map((array) => array.map(Math.abs));
    const factors = Float64Array.of(0.1, 1, 0.2, 2);
    return {
      args: [arrays(), factors, arrays(), arrays(), second, 0.9, 0.99, 1e-8, 0.9, 0, 1],
      outputs: [2, 3, 4],
    };
  },
  sgdStep: (make) => {
    const arrays = () => [make.read(make.rows), make.read(make.width)];
    return { args: [arrays(), arrays(), arrays(), 0.1, 0.9, 0.1, 1], outputs: [1, 2] };
  },
};

function run(name: string, args: Argument[]): unknown {
  return (library as unknown as Record<string, (...args: Argument[]) => unknown>)[name](...args);
}

const arraysOf = (argument: Argument): Values[] =>
  Array.isArray(argument) ? argument : typeof argument === 'object' ? [argument] : [];

const size = fc.oneof(fc.constantFrom(0, 1, 2, 16), fc.integer({ min: 3, max: 35 }));
const anyMaker = fc.tuple(size, size, fc.integer({ min: 1, max: 1e9 }), fc.boolean()).map(
  ([rows, width, seed, optional]) =>
    () =>
      new Maker(rows, width, seed, optional),
);

/** The arguments with one array in the place of another. */
function replaced(args: Argument[], place: number, inner: number, array: unknown): Argument[] {
  return args.map((argument, i) => {
    if (i !== place) return argument;
    return (Array.isArray(argument) ? argument.with(inner, array as Values) : array) as Argument;
  });
}

describe.skipIf(!library).each(Object.entries(calls))('%s', (name, make) => {
  /** Calls the body for random arguments and each array among them. */
  const forEachArray = (body: (call: Call, array: Values, place: number, inner: number) => void) =>
    fc.assert(
      fc.property(anyMaker, (maker) => {
        const places = make(maker()).args.flatMap((argument, place) =>
          arraysOf(argument).map((_, inner) => [place, inner]),
        );
        for (const [place, inner] of places) {
          const call = make(maker());
          body(call, arraysOf(call.args[place])[inner], place, inner);
        }
      }),
      { numRuns: 12 },
    );

  /** gatherRows counts the rows that it gets, and there may be any number of width 0; a sum is over what is there. */
  const takesAnyLength = ({ args }: Call, place: number): boolean =>
    name === 'sumOfSquares' || (name === 'gatherRows' && (place === 0 || args[3] === 0));

  it('writes all outputs and nothing else, reproducibly', () => {
    fc.assert(
      fc.property(anyMaker, (maker) => {
        const [first, second, before] = [make(maker()), make(maker()), make(maker())];
        expect(run(name, first.args)).toEqual(run(name, second.args));
        expect(first.args).toEqual(second.args);
        first.args.forEach((argument, place) => {
          if (!first.outputs.includes(place)) expect(argument).toEqual(before.args[place]);
          else for (const array of arraysOf(argument)) expect(array.includes(NaN)).toBe(false);
        });
      }),
      { numRuns: 25 },
    );
  });

  it('rejects arrays of a wrong length', () => {
    forEachArray((call, array, place, inner) => {
      if (takesAnyLength(call, place)) return;
      const longer = new (array.constructor as Float32ArrayConstructor)(array.length + 1);
      expect(() => run(name, replaced(call.args, place, inner, longer))).toThrow(/expected|fit/);
      if (array.length > 0) {
        const shorter = array.subarray(1);
        expect(() => run(name, replaced(call.args, place, inner, shorter))).toThrow(/expected|fit/);
      }
    });
  });

  it('rejects values that are not such arrays', () => {
    forEachArray((call, array, place, inner) => {
      const { length } = array;
      const others = [
        new Float64Array(length),
        new Int32Array(length),
        new Uint8Array(length),
        {},
        'text',
        null,
      ];
      for (const other of others) {
        if (other?.constructor === array.constructor) continue;
        const optional =
          other === null && typeof call.args[place] === 'object' && !Array.isArray(call.args[place]);
        if (optional) continue; // null may be as good as undefined
        expect(() => run(name, replaced(call.args, place, inner, other))).toThrow();
      }
    });
  });

  it('rejects outputs that overlap another argument', () => {
    fc.assert(
      fc.property(anyMaker, (maker) => {
        const { args, outputs } = make(maker());
        const all = args.flatMap((argument, place) => arraysOf(argument).map((array, inner) => ({ array, place, inner }))); // prettier-ignore
        for (const output of all.filter(({ place }) => outputs.includes(place))) {
          for (const other of all) {
            if (other === output || other.array.length === 0 || output.array.length === 0) continue;
            const bytes = Math.max(other.array.byteLength, 8 * Math.ceil(output.array.byteLength / 8)) + 8;
            const memory = new ArrayBuffer(bytes);
            // The output ends in the middle of the other's last element, or starts with it.
            const Kind = other.array.constructor as Float32ArrayConstructor;
            const shared = new Kind(memory, 0, other.array.length);
            const over = new Float32Array(memory, 0, output.array.length);
            const some = replaced(args, other.place, other.inner, shared);
            const both = replaced(some, output.place, output.inner, over);
            expect(() => run(name, both)).toThrow('shares memory');
          }
        }
      }),
      { numRuns: 12 },
    );
  });

  it('rejects detached arrays', () => {
    forEachArray((call, array, place, inner) => {
      if (array.length === 0 || takesAnyLength(call, place)) return;
      const gone = array.slice();
      structuredClone(gone.buffer, { transfer: [gone.buffer] });
      expect(gone.length).toBe(0);
      expect(() => run(name, replaced(call.args, place, inner, gone))).toThrow(/expected|fit/);
    });
  });
});

describe.skipIf(!library)('sizes and numbers', () => {
  const f = (...values: number[]) => Float32Array.of(...values);
  const none = f();

  it('rejects sizes whose product overflows', () => {
    const huge = 2 ** 32 - 1;
    const call = (name: string, ...args: Argument[]) => expect(() => run(name, args));
    call('layerNormForward', none, undefined, none, none, undefined, none, undefined, huge, huge, 1).toThrow('too large'); // prettier-ignore
    call('rmsNormBackward', none, none, none, none, undefined, none, none, huge, huge).toThrow('too large');
    call('embeddingForward', new Int32Array(0), none, undefined, none, 0, huge, 0, huge).toThrow('too large');
    call('embeddingBackward', new Int32Array(0), none, none, undefined, 0, huge, 0, huge).toThrow(
      'too large',
    );
    call('dropout', none, undefined, none, huge, huge, 0.1, 1, 1).toThrow('too large');
    call('layerNormForward', none, undefined, none, none, undefined, none, undefined, 2 ** 31, 1, 1).toThrow('expected 2147483648'); // prettier-ignore
    call('dropout', none, undefined, none, -1, 1, 0.1, 1, 1).toThrow();
    call('dropout', none, undefined, none, NaN, 0, 0.1, 1, 1).not.toThrow(); // NaN is 0 here
  });

  it('names ids and indices that are out of range', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -2, max: 5 }), { minLength: 1, maxLength: 9 }), (list) => {
        const ids = Int32Array.from(list);
        const bad = ids.findIndex((id) => id < 0 || id > 3);
        const y = write(ids.length * 2);
        const table = f(1, 2, 3, 4, 5, 6, 7, 8);
        expect(library!.embeddingForward(ids, table, undefined, y, ids.length, 4, 0, 2)).toBe(bad);
        expect(y.includes(NaN)).toBe(bad >= 0);
        const back = () => library!.embeddingBackward(ids, y, write(8), undefined, ids.length, 4, 0, 2);
        if (bad >= 0) expect(back).toThrow(`id ${ids[bad]} at ${bad}`);
        else expect(back).not.toThrow();
        const gather = () => library!.gatherRows([table], ids, [write(ids.length * 2)], 2);
        if (ids.some((id) => id > 3)) expect(gather).toThrow('expected below 4');
        else expect(gather).not.toThrow();
      }),
    );
  });

  it('rejects invalid rates and kinds', () => {
    for (const rate of [-0.1, 1, NaN, Infinity]) {
      expect(() => library!.dropout(f(1), undefined, f(1), 1, 1, rate, 0, 0)).toThrow(
        'expected at least 0 and below 1',
      );
    }
    expect(() => library!.activationForward(f(1), f(1), 3)).toThrow('expected 0, 1 or 2');
    expect(() => library!.embeddingForward(Int32Array.of(0), f(1), none, f(1), 1, 1, 0, 1)).toThrow(
      'period 0',
    );
  });

  it('rejects lists of arrays that change while being read', () => {
    // Reading the second element takes the first one's memory away.
    const gradient = new Float32Array(1000);
    const trap = [gradient, gradient];
    Object.defineProperty(trap, 1, {
      get: () => {
        if (gradient.length > 0) structuredClone(gradient.buffer, { transfer: [gradient.buffer] });
        return new Float32Array(1000);
      },
    });
    const plain = () => [new Float32Array(1000), new Float32Array(1000)];
    expect(() => library!.sgdStep(trap, plain(), plain(), 0.1, 0, 0, 1)).toThrow(
      'gradient: 0 elements, expected 1000',
    );
    expect(() => run('sumOfSquares', [new Array(2 ** 32 - 1) as Values[]])).toThrow('expected a typed array');
    expect(() => run('sgdStep', [plain(), plain(), [...plain(), f(1)], 1, 1, 1, 1])).toThrow(
      'expected equally many',
    );
  });
});
