// The array arguments of every kernel: element type, length, and whether they are read or written. The reference checks its
// arguments with this table, and the conformance suite makes arguments from it.
import type { Kernels } from './kernels.js';
import { RECURRENT } from './operations.js';

/** The argument of a kernel. */
export type Call<Name extends keyof Kernels> = Parameters<Kernels[Name]>[0];

/** Types of elements. */
export type ElementType = 'float32' | 'float64' | 'int32' | 'uint8';

/** An array of one of the types of elements. */
export type AnyArray =
  | Float32Array<ArrayBufferLike>
  | Float64Array<ArrayBufferLike>
  | Int32Array<ArrayBufferLike>
  | Uint8Array<ArrayBufferLike>;

/** The product of sizes, which are named as in the call; or a function of the call. */
type Length<C> = readonly (number | SizeName<C>)[] | ((call: C) => number);
type SizeName<C> = { [K in keyof C]: C[K] extends number ? K : never }[keyof C];

export interface ArrayArgument<C> {
  /** Outputs are overwritten, updated arrays are read and written. */
  readonly role: 'input' | 'output' | 'updated';
  /** `numbers` are float32, int32 or uint8; `list` is an array of float32 arrays of any length. */
  readonly type: ElementType | 'numbers' | 'list';
  readonly length: Length<C>;
  readonly optional: boolean;
}

type ArrayName<C> = {
  [K in keyof C]-?: NonNullable<C[K]> extends AnyArray | readonly AnyArray[] ? K : never;
}[keyof C];

type Arguments = {
  readonly [Name in keyof Kernels]: {
    readonly [A in ArrayName<Call<Name>>]: ArrayArgument<Call<Name>>;
  };
};

/** The argument of some kernel. */
export type AnyCall = Record<string, unknown>;

/** The array arguments of a kernel by name. */
export function argumentsOf(kernel: string): Readonly<Record<string, ArrayArgument<AnyCall>>> {
  return ARGUMENTS[kernel as keyof Kernels] as unknown as Readonly<Record<string, ArrayArgument<AnyCall>>>;
}

/** The names of all kernels. */
export function kernelNames(): (keyof Kernels)[] {
  return Object.keys(ARGUMENTS) as (keyof Kernels)[];
}

/** The length that an array argument of a call should have. */
export function expectedLength({ length }: ArrayArgument<AnyCall>, call: AnyCall): number {
  if (typeof length === 'function') return length(call);
  return length.reduce(
    (all: number, size) => all * (typeof size === 'number' ? size : Number(call[size])),
    1,
  );
}

const input = <C>(length: Length<C>, type: ArrayArgument<C>['type'] = 'float32'): ArrayArgument<C> => ({
  role: 'input',
  type,
  length,
  optional: false,
});
const output = <C>(length: Length<C>, type: ArrayArgument<C>['type'] = 'float32'): ArrayArgument<C> => ({
  ...input(length, type),
  role: 'output',
});
const updated = <C>(length: Length<C>, type: ArrayArgument<C>['type'] = 'float32'): ArrayArgument<C> => ({
  ...input(length, type),
  role: 'updated',
});
const optional = <C>(argument: ArrayArgument<C>): ArrayArgument<C> => ({ ...argument, optional: true });

/** The length of a list, which is not checked here. */
const ANY = (): number => 0;

/** Blocks of weights of a recurrent layer. */
const blocks = (kind: number): number => (kind === RECURRENT.gru ? 3 : 1);

const ARGUMENTS: Arguments = {
  linearForward: {
    x: input(['rows', 'inputs']),
    weight: input(['outputs', 'inputs']),
    bias: optional(input(['outputs'])),
    y: output(['rows', 'outputs']),
    preActivation: optional(output(['rows', 'outputs'])),
  },
  linearForward16: {
    x: input(['rows', 'inputs']),
    weight: input((c) => c.outputs * Math.ceil(c.inputs / 2), 'int32'),
    bias: optional(input(['outputs'])),
    y: output(['rows', 'outputs']),
  },
  linearBackward: {
    dy: input(['rows', 'outputs']),
    x: input(['rows', 'inputs']),
    weight: input(['outputs', 'inputs']),
    kept: optional(input(['rows', 'outputs'])),
    dx: optional(output(['rows', 'inputs'])),
    dWeight: optional(output(['outputs', 'inputs'])),
    dBias: optional(output(['outputs'])),
  },
  matmul: {
    a: input(['aCount', 'm', 'k']),
    b: input(['bCount', 'k', 'n']),
    bias: optional(input(['n'])),
    c: output((c) => c.aOf.length * c.m * c.n),
    aOf: input((c) => c.aOf.length, 'int32'),
    bOf: input((c) => c.aOf.length, 'int32'),
  },
  attentionForward: {
    q: input(['batch', 'queries', 'heads', 'headDim']),
    k: input(['batch', 'keys', 'heads', 'headDim']),
    v: input(['batch', 'keys', 'heads', 'headDim']),
    visible: optional(input(['batch', 'keys'])),
    bias: optional(input(['heads', 'queries', 'keys'])),
    output: output(['batch', 'queries', 'heads', 'headDim']),
    logSums: optional(output(['batch', 'heads', 'queries'])),
  },
  attentionBackward: {
    q: input(['batch', 'queries', 'heads', 'headDim']),
    k: input(['batch', 'keys', 'heads', 'headDim']),
    v: input(['batch', 'keys', 'heads', 'headDim']),
    visible: optional(input(['batch', 'keys'])),
    bias: optional(input(['heads', 'queries', 'keys'])),
    output: input(['batch', 'queries', 'heads', 'headDim']),
    logSums: input(['batch', 'heads', 'queries']),
    dOutput: input(['batch', 'queries', 'heads', 'headDim']),
    dq: output(['batch', 'queries', 'heads', 'headDim']),
    dk: output(['batch', 'keys', 'heads', 'headDim']),
    dv: output(['batch', 'keys', 'heads', 'headDim']),
    dBias: optional(output(['heads', 'queries', 'keys'])),
  },
  attentionPackedForward: {
    qkv: input([3, 'batch', 'length', 'heads', 'headDim']),
    visible: optional(input(['batch', 'length'])),
    bias: optional(input(['heads', 'length', 'length'])),
    output: output(['batch', 'length', 'heads', 'headDim']),
    logSums: optional(output(['batch', 'heads', 'length'])),
  },
  attentionPackedBackward: {
    qkv: input([3, 'batch', 'length', 'heads', 'headDim']),
    visible: optional(input(['batch', 'length'])),
    bias: optional(input(['heads', 'length', 'length'])),
    output: input(['batch', 'length', 'heads', 'headDim']),
    logSums: input(['batch', 'heads', 'length']),
    dOutput: input(['batch', 'length', 'heads', 'headDim']),
    dQkv: output([3, 'batch', 'length', 'heads', 'headDim']),
    dBias: optional(output(['heads', 'length', 'length'])),
  },
  cachedAttention: {
    q: input((c) => c.batch * c.tokens * queryStride(c)),
    keys: input(['batch', 'capacity', 'heads', 'headDim']),
    values: input(['batch', 'capacity', 'heads', 'headDim']),
    visible: optional(input(['batch', 'length'])),
    bias: optional(input(['heads', 'tokens', 'length'])),
    output: output(['batch', 'tokens', 'heads', 'headDim']),
  },
  layerNormForward: {
    x: input(['rows', 'width']),
    added: optional(input(['rows', 'width'])),
    weight: input(['width']),
    bias: input(['width']),
    sum: optional(output(['rows', 'width'])),
    y: output(['rows', 'width']),
    statistics: optional(output(['rows', 2])),
  },
  layerNormBackward: {
    dy: input(['rows', 'width']),
    x: input(['rows', 'width']),
    weight: input(['width']),
    statistics: input(['rows', 2]),
    base: optional(input(['rows', 'width'])),
    dx: output(['rows', 'width']),
    dWeight: output(['width']),
    dBias: output(['width']),
  },
  rmsNormForward: {
    x: input(['rows', 'width']),
    added: optional(input(['rows', 'width'])),
    weight: input(['width']),
    sum: optional(output(['rows', 'width'])),
    y: output(['rows', 'width']),
    scales: optional(output(['rows'])),
  },
  rmsNormBackward: {
    dy: input(['rows', 'width']),
    x: input(['rows', 'width']),
    weight: input(['width']),
    scales: input(['rows']),
    base: optional(input(['rows', 'width'])),
    dx: output(['rows', 'width']),
    dWeight: output(['width']),
  },
  embeddingForward: {
    ids: input(['tokens'], 'int32'),
    table: input(['rows', 'width']),
    places: optional(input(['period', 'width'])),
    y: output(['tokens', 'width']),
  },
  embeddingBackward: {
    ids: input(['tokens'], 'int32'),
    dy: input(['tokens', 'width']),
    dTable: output(['rows', 'width']),
    dPlaces: optional(output(['period', 'width'])),
  },
  gatherRows: {
    from: input(ANY, 'list'),
    index: input((c) => rowsOf(c.to, c.width, c.index.length), 'int32'),
    to: output(ANY, 'list'),
  },
  dropout: {
    x: input(['rows', 'columns']),
    base: optional(input(['rows', 'columns'])),
    y: output(['rows', 'columns']),
  },
  residualAdd: {
    x: input((c) => c.x.length),
    y: input((c) => c.x.length),
    sum: output((c) => c.x.length),
  },
  crossEntropyForward: {
    logits: input(['rows', 'classes']),
    targets: input(['rows'], 'int32'),
    losses: output(['rows']),
    logSums: optional(output(['rows'])),
  },
  crossEntropyBackward: {
    logits: input(['rows', 'classes']),
    targets: input(['rows'], 'int32'),
    logSums: input(['rows']),
    dy: input((c) => (c.dy.length === 1 ? 1 : c.rows)),
    dx: output(['rows', 'classes']),
  },
  linearCrossEntropy: {
    x: input(['rows', 'inputs']),
    weight: input(['classes', 'inputs']),
    bias: optional(input(['classes'])),
    targets: input(['rows'], 'int32'),
    dx: optional(output(['rows', 'inputs'])),
    dWeight: optional(output(['classes', 'inputs'])),
    dBias: optional(output(['classes'])),
  },
  recurrentForward: {
    x: input(['batch', 'steps', 'inputs']),
    weightIh: input((c) => blocks(c.kind) * c.hidden * c.inputs),
    weightHh: input((c) => blocks(c.kind) * c.hidden * c.hidden),
    biasIh: optional(input((c) => blocks(c.kind) * c.hidden)),
    biasHh: optional(input((c) => blocks(c.kind) * c.hidden)),
    state: optional(input(['batch', 'hidden'])),
    output: output(['batch', 'steps', 'hidden']),
    last: output(['batch', 'hidden']),
    kept: optional(output((c) => keptLength(c))),
  },
  recurrentBackward: {
    x: input(['batch', 'steps', 'inputs']),
    weightIh: input((c) => blocks(c.kind) * c.hidden * c.inputs),
    weightHh: input((c) => blocks(c.kind) * c.hidden * c.hidden),
    state: optional(input(['batch', 'hidden'])),
    output: input(['batch', 'steps', 'hidden']),
    kept: optional(input((c) => keptLength(c))),
    dOutput: optional(input(['batch', 'steps', 'hidden'])),
    dLast: optional(input(['batch', 'hidden'])),
    dX: output(['batch', 'steps', 'inputs']),
    dWeightIh: output((c) => blocks(c.kind) * c.hidden * c.inputs),
    dWeightHh: output((c) => blocks(c.kind) * c.hidden * c.hidden),
    dBiasIh: optional(output((c) => blocks(c.kind) * c.hidden)),
    dBiasHh: optional(output((c) => blocks(c.kind) * c.hidden)),
    dState: optional(output(['batch', 'hidden'])),
  },
  sumOfSquares: { arrays: input(ANY, 'list') },
  adamStep: {
    gradients: input(ANY, 'list'),
    factors: input((c) => 2 * c.gradients.length, 'float64'),
    weights: updated(ANY, 'list'),
    first: updated(ANY, 'list'),
    second: updated(ANY, 'list'),
  },
  sgdStep: {
    gradients: input(ANY, 'list'),
    weights: updated(ANY, 'list'),
    velocity: updated(ANY, 'list'),
  },
  activationForward: {
    x: input((c) => c.x.length),
    y: output((c) => c.x.length),
  },
  activationBackward: {
    dy: input((c) => c.x.length),
    x: input((c) => c.x.length),
    dx: output((c) => c.x.length),
  },
  binary: {
    a: input((c) => broadcastLength(c.sizes, c.aVaries), 'numbers'),
    b: input((c) => broadcastLength(c.sizes, c.bVaries), 'numbers'),
    y: output((c) => product(c.sizes), 'numbers'),
    sizes: input((c) => c.sizes.length, 'int32'),
  },
  unary: {
    x: input((c) => c.x.length, 'numbers'),
    y: output((c) => c.x.length, 'numbers'),
  },
  select: {
    condition: input((c) => c.condition.length, 'uint8'),
    yes: input((c) => c.condition.length, 'numbers'),
    no: input((c) => c.condition.length, 'numbers'),
    y: output((c) => c.condition.length, 'numbers'),
  },
  oneHot: {
    indices: input((c) => c.indices.length, 'int32'),
    y: output((c) => c.indices.length * c.depth, 'numbers'),
  },
  accumulate: {
    x: input((c) => c.x.length),
    y: updated((c) => c.x.length),
  },
  reduce: {
    x: input(['planes', 'rows', 'columns'], 'numbers'),
    y: output(['planes', 'columns'], 'numbers'),
  },
  cumulate: {
    x: input(['planes', 'rows', 'columns'], 'numbers'),
    y: output(['planes', 'rows', 'columns'], 'numbers'),
  },
  argExtremum: {
    x: input(['rows', 'columns'], 'numbers'),
    y: output(['rows'], 'int32'),
  },
  softmaxRows: {
    x: input(['rows', 'columns']),
    y: output(['rows', 'columns']),
  },
  transpose: {
    x: input((c) => product(c.shape), 'numbers'),
    y: output((c) => product(c.shape), 'numbers'),
    shape: input((c) => c.shape.length, 'int32'),
    order: input((c) => c.shape.length, 'int32'),
  },
  copy: {
    x: input((c) => c.x.length, 'numbers'),
    y: updated((c) => c.y.length, 'numbers'), // elements outside of the part stay
    parts: input((c) => 3 * Math.ceil(c.parts.length / 3), 'float64'),
  },
  gather: {
    x: input(['batch', 'outer', 'rows', 'inner'], 'numbers'),
    indices: input((c) => c.batch * indicesEach(c), 'int32'),
    y: output((c) => c.batch * c.outer * indicesEach(c) * c.inner, 'numbers'),
  },
};

/** Row length of q, which is at least that of the queries. */
export function queryStride({ q, batch, tokens, heads, headDim }: Call<'cachedAttention'>): number {
  return Math.max(heads * headDim, Math.floor(q.length / Math.max(1, batch * tokens)));
}

type RecurrentSizes = Pick<Call<'recurrentForward'>, 'kind' | 'batch' | 'steps' | 'hidden'>;

function keptLength({ kind, batch, steps, hidden }: RecurrentSizes): number {
  return kind === RECURRENT.gru ? batch * steps * 4 * hidden : 0;
}

function rowsOf(matrices: readonly { length: number }[], width: number, without: number): number {
  return width === 0 ? without : matrices.reduce((sum, { length }) => sum + length / width, 0);
}

function product(sizes: Int32Array<ArrayBufferLike>): number {
  return sizes.reduce((all, size) => all * size, 1);
}

function broadcastLength(sizes: Int32Array<ArrayBufferLike>, varies: number): number {
  return sizes.reduce((length, size, d) => ((varies >>> d) & 1 ? length * size : length), 1);
}

function indicesEach({ indices, batch }: Call<'gather'>): number {
  return Math.floor(indices.length / Math.max(1, batch));
}
