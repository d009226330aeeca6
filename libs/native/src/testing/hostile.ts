// A program that calls every function of the native library with arguments that nobody should call it with. Each call
// has to give a result or throw an Error with a message, in time, and must not touch memory beside its arrays. The
// program is run as a process of its own, so that a crash is seen; what it was doing then is in the file LAST_CALL.
//
// Sizes that fit are found by listening: an error that says `x: 12 elements, expected 24` is answered with 24. So calls
// get past the checks, with sizes of 0, 1 and odd ones, before they are spoiled.
import fc from 'fast-check';
import { openSync, writeSync, ftruncateSync } from 'node:fs';
import { loadAddon } from '../load.js';
import { signatures, type Argument, type Kind } from './signatures.js';

type View = Float32Array | Float64Array | Int32Array | Uint8Array;
type Draw = <T>(arbitrary: () => fc.Arbitrary<T>) => T;
type Call = (...args: unknown[]) => unknown;

const CLASSES = { Float32Array, Float64Array, Int32Array, Uint8Array };
const MARGIN = 64; // bytes watched on either side of an array
const WATCH = 0xa5;
const SLOW = 2000; // milliseconds; the arrays are so small that a call takes microseconds

const sizes = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 5 }) },
  { weight: 2, arbitrary: fc.constantFrom(7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 100) },
  { weight: 1, arbitrary: fc.constantFrom(0.5, 0.1, 1e-5) },
);
const wild = fc.oneof(
  fc.constantFrom(
    -1,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 53,
    1e308,
    NaN,
    Infinity,
    -Infinity,
    -0,
    0.5,
  ),
  fc.double(),
);
const floats = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: -2, max: 2, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, 3e38, -3e38, 1e-40, -0) },
);
const whole = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 4 }) },
  { weight: 1, arbitrary: fc.constantFrom(-1, -100, 2 ** 31 - 1, -(2 ** 31), 1000) },
);

/** Buffers of a call, to look at their margins after it. */
let lent: { bytes: Uint8Array; start: number; end: number }[] = [];

/** An array of this length in the middle of a watched buffer, at no round address. */
function make(kind: keyof typeof CLASSES, length: number, draw: Draw): View {
  const Class = CLASSES[kind];
  const size = Class.BYTES_PER_ELEMENT;
  const start = MARGIN + size * draw(() => fc.nat({ max: 15 }));
  const buffer = new ArrayBuffer(start + length * size + MARGIN);
  const bytes = new Uint8Array(buffer).fill(WATCH);
  const view = new Class(buffer, start, length);
  fill(view, draw);
  lent.push({ bytes, start, end: start + length * size });
  return view;
}

function fill(view: View, draw: Draw): void {
  if (view instanceof Int32Array && draw(() => fc.boolean())) {
    const from = draw(() => fc.nat({ max: view.length }));
    view.forEach((_, i) => (view[i] = (from + i) % view.length)); // each place once
    return;
  }
  const isWhole = view instanceof Float64Array ? draw(() => fc.boolean()) : !(view instanceof Float32Array);
  const kind = isWhole ? whole : floats;
  const numbers = draw(() => fc.array(kind, { minLength: 1, maxLength: 8 }));
  for (let i = 0; i < view.length; i++) view[i] = numbers[i % numbers.length];
}

function checkMargins(what: string): void {
  for (const { bytes, start, end } of lent) {
    if (bytes.length === 0) continue; // detached meanwhile
    const beside = [...bytes.subarray(0, start), ...bytes.subarray(end)];
    if (beside.some((byte) => byte !== WATCH)) throw new Error(`${what}: wrote beside an array`);
  }
}

const lastCall = openSync(process.env.LAST_CALL ?? '/dev/null', 'w');
let calls = 0;
const successes = new Map<string, number>();
/** Why a function has refused arguments, each reason once. */
const refusals = new Map<string, Set<string>>();

function text(value: unknown): string {
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}[${(value as View).length}]`;
  if (Array.isArray(value)) return `[${value.map(text).join(', ')}]`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** Runs a call; gives the message of its error, undefined where it succeeded. */
function attempt(name: string, call: Call, args: unknown[]): string | undefined {
  const what = `${name}(${args.map(text).join(', ')})`;
  ftruncateSync(lastCall);
  writeSync(lastCall, what, 0);
  calls++;
  let message: string | undefined;
  const start = performance.now();
  try {
    call(...args);
  } catch (error) {
    if (!(error instanceof Error) || error.message === '') {
      throw new Error(`${what}: threw ${String(error)}, expected an Error with a message`, { cause: error });
    }
    message = error.message;
  }
  if (performance.now() - start > SLOW) throw new Error(`${what}: took more than ${SLOW} ms`);
  checkMargins(what);
  if (message === undefined) successes.set(name, (successes.get(name) ?? 0) + 1);
  else refusals.set(name, (refusals.get(name) ?? new Set()).add(message.replace(/-?\d[\d.e+-]*/g, '#')));
  return message;
}

type ArrayKind = keyof typeof CLASSES;
const isArray = (kind: Kind): kind is ArrayKind => kind in CLASSES;

/** The arguments with types of tensors chosen: mostly one for all. */
function chosen(args: readonly Argument[], draw: Draw): Argument[] {
  const type = (): fc.Arbitrary<ArrayKind> => fc.constantFrom('Float32Array', 'Int32Array', 'Uint8Array');
  const common = draw(type);
  const differ = draw(() => fc.integer({ min: 0, max: 3 })) === 0;
  return args.map((argument) =>
    argument.kind === 'Numbers' ? { ...argument, kind: differ ? draw(type) : common } : argument,
  );
}

/** A first try. Arrays of one call are of one length, and lists of arrays of one shape, as is often asked for. */
function first({ kind, optional }: Argument, lengths: readonly number[], draw: Draw): unknown {
  if (optional && draw(() => fc.boolean())) return undefined;
  if (isArray(kind)) return make(kind, lengths[0], draw);
  if (kind === 'Float32Array[]') return lengths.map((length) => make('Float32Array', length, draw));
  return kind === 'number' ? draw(() => sizes) : draw(() => fc.boolean());
}

const plain = (name: string): string => name.replaceAll('_', '').toLowerCase();

/** Arguments that fit a function whose errors do not name sizes. */
const FITTING: Readonly<Record<string, (args: readonly Argument[], draw: Draw) => unknown[]>> = {
  copy([x, y], draw) {
    const [rows, columns] = [draw(() => fc.nat({ max: 5 })), draw(() => fc.nat({ max: 9 }))];
    const parts = make('Float64Array', 6, draw);
    parts.set([
      rows,
      columns,
      draw(() => fc.constantFrom(0, columns)),
      draw(() => fc.nat({ max: 1 })),
      columns,
      1,
    ]);
    const array = ({ kind }: Argument) => make(kind as ArrayKind, rows * columns, draw);
    return [array(x), array(y), parts, 0, 0];
  },
};

/** Arguments that fit, or as near as listening to errors gets to them. */
function fitting(name: string, call: Call, args: readonly Argument[], draw: Draw): unknown[] {
  if (Object.hasOwn(FITTING, name) && draw(() => fc.boolean())) {
    const values = FITTING[name](args, draw);
    attempt(name, call, values);
    return values;
  }
  const lengths = draw(() => fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 3 }));
  const values = args.map((argument) => first(argument, lengths, draw));
  for (let round = 0; round < 12 + 2 * args.length; round++) {
    const message = attempt(name, call, values);
    if (message === undefined) break;
    const complaint = /([A-Za-z_]+)[^:]*: (\d+) (?:elements|numbers), expected (\d+)/.exec(message);
    if (!complaint) break;
    const [given, wanted] = [Number(complaint[2]), Number(complaint[3])];
    if (wanted > 1e6) break;
    const lengthOf = (value: unknown): number => (ArrayBuffer.isView(value) ? (value as View).length : -1);
    let place = args.findIndex((argument) => plain(argument.name) === plain(complaint[1]));
    if (place < 0 || lengthOf(values[place]) !== given) {
      place = values.findIndex((value) => lengthOf(value) === given);
    }
    const { kind } = args[place] ?? { kind: 'number' };
    if (!isArray(kind)) break;
    values[place] = make(kind, wanted, draw);
  }
  return values;
}

const strangers: (() => unknown)[] = [
  () => undefined,
  () => null,
  () => ({}),
  () => [],
  () => 'x',
  () => 12n,
  () => Symbol.iterator,
  () => () => 1,
  () => new DataView(new ArrayBuffer(16)),
  () => new ArrayBuffer(16),
  () => new Float32Array(3),
  () => new Int32Array(3),
  () => new Uint8Array(3),
  () => new Float64Array(3),
  () => new BigInt64Array(3),
  () => new Float32Array(new SharedArrayBuffer(16)),
  () => [1, 2, 3],
  () => [new Float32Array(3), undefined],
  () => new Proxy(new Float32Array(3), {}),
  () => ({ length: 5, buffer: new ArrayBuffer(20) }),
  () => Object.create(Float32Array.prototype),
  () => shrunk(),
];

/** A view whose memory has gone since it was made. */
function shrunk(): Float32Array {
  // TypeScript's library for Node 20 does not know them.
  const Resizable = ArrayBuffer as unknown as new (
    length: number,
    options: { maxByteLength: number },
  ) => ArrayBuffer & { resize(length: number): void };
  const buffer = new Resizable(64, { maxByteLength: 128 });
  const view = new Float32Array(buffer, 16, 8);
  buffer.resize(8);
  return view;
}

/** Spoils arguments in one of many ways. */
function spoil(values: readonly unknown[], args: readonly Argument[], draw: Draw): unknown[] {
  const spoilt = [...values];
  const arrays = values.flatMap((value, i) => (ArrayBuffer.isView(value) ? [i] : []));
  const numbers = args.flatMap(({ kind }, i) => (kind === 'number' ? [i] : []));
  const any = draw(() => fc.nat({ max: Math.max(0, values.length - 1) }));
  const one = (places: number[]): number => places[draw(() => fc.nat({ max: 1000 })) % places.length];
  switch (draw(() => fc.nat({ max: 8 }))) {
    case 0:
      spoilt[any] = draw(() => fc.constantFrom(...strangers))();
      break;
    case 1:
      if (numbers.length > 0) spoilt[one(numbers)] = draw(() => wild);
      break;
    case 2:
      if (numbers.length > 1) for (const place of numbers) spoilt[place] = draw(() => fc.oneof(wild, sizes));
      break;
    case 3:
      if (arrays.length > 0) {
        const place = one(arrays);
        const array = spoilt[place] as View;
        const length = Math.max(0, array.length + draw(() => fc.constantFrom(-1, 1, 16, -array.length)));
        spoilt[place] = make(args[place].kind as keyof typeof CLASSES, length, draw);
      }
      break;
    case 4: // the same memory twice, or a little apart
      if (arrays.length > 1) {
        const [from, to] = [one(arrays), one(arrays)];
        const { buffer, byteOffset } = spoilt[from] as View;
        const Class = CLASSES[args[to].kind as keyof typeof CLASSES];
        const { length } = spoilt[to] as View;
        const moved = byteOffset + Class.BYTES_PER_ELEMENT * draw(() => fc.constantFrom(0, 0, 1, -1));
        const fits = moved % Class.BYTES_PER_ELEMENT === 0 && moved >= MARGIN;
        if (fits && moved + length * Class.BYTES_PER_ELEMENT <= buffer.byteLength - MARGIN) {
          spoilt[to] = new Class(buffer as ArrayBuffer, moved, length);
          lent = lent.filter(({ bytes }) => bytes.buffer !== buffer); // it may write there
        }
      }
      break;
    case 5:
      if (arrays.length > 0)
        structuredClone(null, { transfer: [(spoilt[one(arrays)] as View).buffer as ArrayBuffer] });
      break;
    case 6:
      spoilt.length = any;
      break;
    case 7: // nothing, very often
      for (const place of arrays) spoilt[place] = make(args[place].kind as keyof typeof CLASSES, 0, draw);
      for (const place of numbers) spoilt[place] = draw(() => fc.constantFrom(0, 0, 1, 2 ** 32 - 1));
      break;
    default:
      spoilt.push(draw(() => fc.constantFrom(...strangers))());
  }
  return spoilt;
}

const library = loadAddon() as unknown as Record<string, Call>;
const all = signatures();
// Threads beyond the cores make everything slow, and are clamped; so only a few are asked for.
library.setThreads(3);
all.delete('setThreads');

const property = fc.property(fc.constantFrom(...all.keys()), fc.gen(), (name, draw) => {
  lent = [];
  const args = chosen(all.get(name)!, draw as unknown as Draw);
  const call = library[name];
  const values = fitting(name, call, args, draw as unknown as Draw);
  attempt(name, call, spoil(values, args, draw as unknown as Draw));
});
const numRuns = Number(process.env.RUNS ?? 2000);
fc.assert(property, { numRuns, seed: Number(process.env.SEED ?? Date.now()) % 2 ** 31, endOnFailure: true });
const functions = [...all.keys()].map((name) => ({
  name,
  successes: successes.get(name) ?? 0,
  refusals: [...(refusals.get(name) ?? [])],
}));
console.log(JSON.stringify({ calls, functions }));
process.exit(0);
