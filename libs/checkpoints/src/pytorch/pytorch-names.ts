// The names that a PyTorch checkpoint may refer to: tensors, plain containers, numpy scalars. Skipped: sparse, quantized and
// complex tensors, numpy arrays, modules, user-defined classes. Errors: names that run code.
import { toLatin1 } from '../files/latin1.js';
import { bytesPerElement, type DType, type NamedArray } from '../named-array.js';
import { toFloat32 } from '../to-float32.js';
import {
  describe,
  expectList,
  isDict,
  keyOf,
  newDict,
  EXPECTED,
  PickleName,
  Skipped,
  type PickleResolver,
} from './pickle.js';
import { checkRank, type Strided } from './strided.js';

/** A kind of storage. */
interface StorageType {
  readonly name: string;
  /** Undefined for untyped storages, whose tensors have the type, and for types that are not supported. */
  readonly dtype: DType | undefined;
  /** Bytes of an element. */
  readonly size: number;
}

/** A storage that a pickle refers to by key. */
export class StorageReference {
  constructor(
    readonly key: string,
    readonly type: StorageType,
    readonly elements: number,
  ) {}

  get bytes(): number {
    return this.elements * this.type.size;
  }
}

/** A tensor whose values have not been read yet. */
export interface PendingTensor {
  array: NamedArray;
  storage: StorageReference;
  strided: Strided;
  /** The tensor is the negative of the stored values (a view that shares its storage with the positive one). */
  negative: boolean;
}

/** A numpy dtype such as `f8`. */
class NumpyType {
  bigEndian = false;
  constructor(readonly code: string) {}
}

const TYPED_STORAGES: Record<string, DType> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};

/** Element sizes of storages whose tensors are skipped. */
const OTHER_STORAGES: Record<string, number> = {
  ComplexDoubleStorage: 16,
  ComplexFloatStorage: 8,
  QInt32Storage: 4,
  QInt8Storage: 1,
  QUInt8Storage: 1,
  QUInt4x2Storage: 1,
  QUInt2x4Storage: 1,
};

const UNTYPED = 'torch.storage.UntypedStorage';

/** All kinds of storages, by the name in a pickle. */
const STORAGES = new Map<string, StorageType>([
  [UNTYPED, { name: UNTYPED, dtype: undefined, size: 1 }],
  ...Object.entries(TYPED_STORAGES).map(
    ([name, dtype]) => [`torch.${name}`, { name, dtype, size: bytesPerElement(dtype) }] as const,
  ),
  ...Object.entries(OTHER_STORAGES).map(
    ([name, size]) => [`torch.${name}`, { name, dtype: undefined, size }] as const,
  ),
]);

const TORCH_TYPES: Record<string, DType> = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  float8_e4m3fn: 'F8_E4M3',
  float8_e5m2: 'F8_E5M2',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint64: 'U64',
  uint32: 'U32',
  uint16: 'U16',
  uint8: 'U8',
  bool: 'BOOL',
};

/** Modules whose functions run code or change the system: a pickle that refers to one is hostile. */
const CODE_MODULES =
  /^(os|posix|posixpath|nt|ntpath|sys|subprocess|commands|shutil|socket|pty|ctypes|code|codeop|runpy|importlib|imp|pkgutil|multiprocessing|webbrowser|pickle|_pickle|cPickle|marshal|timeit|pdb|bdb|profile|cProfile|pip)(\.|$)/;

/** Builtins that are plain values or their classes. */
const PLAIN_BUILTINS =
  /^(range|xrange|slice|object|type|tuple|long|unicode|NotImplemented|Ellipsis|\w+(Error|Exception|Warning))$/;

/** Whether what a pickle refers to is left out, rather than an error: a class or function of an unknown module. */
function isSkipped(module: string, name: string): boolean {
  if (/^(builtins|__builtin__)$/.test(module)) return PLAIN_BUILTINS.test(name);
  // Names with double underscores lead from any object to code; __main__ is where scripts define their classes.
  const path = `${module.replace(/^__main__$/, 'main')}.${name}`;
  return /^[\w.<>]+$/.test(path) && !/__\w+__/.test(path) && !CODE_MODULES.test(module);
}

function pairsToDict(pairs: unknown): Record<string, unknown> {
  const dict = newDict();
  if (isDict(pairs)) return Object.assign(dict, pairs);
  for (const pair of expectList(pairs ?? [])) {
    const [key, value] = expectList(pair);
    const name = keyOf(key);
    if (name !== undefined) dict[name] = value;
  }
  return dict;
}

/** A string or number as text: that of lists in lists can be endless. */
function textOf(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new Error(`${describe(value)} instead of a string.`);
}

/** Bytes in protocol 2: a string of characters below 256; a bytearray wraps such bytes. */
function latin1Bytes(args: unknown[]): Uint8Array {
  const [text = '', encoding = 'latin1'] = args;
  if (text instanceof Uint8Array) return new Uint8Array(text);
  if (typeof text !== 'string' || !/^latin-?1$/.test(textOf(encoding)))
    throw new Error('bytes in another encoding than latin1.');
  return toLatin1(text);
}

function numpyScalar(args: unknown[]): unknown {
  const [type, bytes] = args;
  if (!(type instanceof NumpyType) || !(bytes instanceof Uint8Array))
    throw new Error('a numpy scalar without type or bytes.');
  const little = !type.bigEndian;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const readers: Record<string, () => number | bigint | boolean> = {
    f8: () => view.getFloat64(0, little),
    f4: () => view.getFloat32(0, little),
    f2: () => toFloat32({ dtype: 'F16', shape: [], data: Uint16Array.of(view.getUint16(0, little)) })[0],
    i8: () => view.getBigInt64(0, little),
    i4: () => view.getInt32(0, little),
    i2: () => view.getInt16(0, little),
    i1: () => view.getInt8(0),
    u8: () => view.getBigUint64(0, little),
    u4: () => view.getUint32(0, little),
    u2: () => view.getUint16(0, little),
    u1: () => view.getUint8(0),
    b1: () => view.getUint8(0) !== 0,
  };
  if (!Object.hasOwn(readers, type.code))
    return new Skipped(`numpy scalar of type ${type.code.slice(0, 20)}`);
  const read = readers[type.code];
  if (bytes.length !== Number(type.code[1]))
    throw new Error(
      `a numpy scalar of type ${JSON.stringify(type.code.slice(0, 20))} and ${bytes.length} bytes is not supported.`,
    );
  const value = read();
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** Names that do not depend on the file: containers and scalars. */
function plainNames(): Map<string, unknown> {
  const names = new Map<string, unknown>();
  const add = (name: string, call?: (args: unknown[]) => unknown, build?: PickleName['build']): void => {
    names.set(name, new PickleName(name, call, build));
  };
  for (const builtins of ['builtins', '__builtin__']) {
    add(`${builtins}.set`, ([items]) => new Set(expectList(items ?? [])));
    add(`${builtins}.frozenset`, ([items]) => new Set(expectList(items ?? [])));
    add(`${builtins}.bytes`, latin1Bytes);
    add(`${builtins}.bytearray`, latin1Bytes);
    // As the factory of a defaultdict.
    for (const name of ['list', 'dict', 'int', 'float', 'str', 'bool']) add(`${builtins}.${name}`);
    add(`${builtins}.complex`, () => new Skipped('complex'));
  }
  add('collections.OrderedDict', ([pairs]) => pairsToDict(pairs));
  add('collections.defaultdict', ([, pairs]) => pairsToDict(pairs));
  add('collections.Counter', ([counts]) => pairsToDict(counts));
  add('_codecs.encode', latin1Bytes);
  // Objects of classes in protocols 0 and 1.
  for (const name of ['copyreg._reconstructor', 'copy_reg._reconstructor'])
    add(name, ([type]) => new Skipped(describe(type)));

  add('torch.Size', ([sizes]) => [...expectList(sizes ?? [])]);
  add('torch.device', ([kind, index]) =>
    index === undefined ? textOf(kind) : `${textOf(kind)}:${textOf(index)}`,
  );
  add('torch.Tensor');
  add('torch.nn.parameter.Parameter');
  add('torch.serialization._get_layout', ([layout]) => textOf(layout));
  for (const name of Object.keys(TORCH_TYPES)) names.set(`torch.${name}`, `torch.${name}`);
  for (const place of ['torch', 'torch.cuda']) {
    for (const name of STORAGES.keys())
      names.set(name.replace(/^torch(?=\.\w+$)/, place), new PickleName(name));
  }

  add(
    'numpy.dtype',
    ([code]) => new NumpyType(textOf(code)),
    (type, state) => {
      (type as NumpyType).bigEndian = expectList(state)[1] === '>';
    },
  );
  add('numpy.core.multiarray.scalar', numpyScalar);
  add('numpy._core.multiarray.scalar', numpyScalar);
  return names;
}

/** Resolves the references of one file's pickle and collects its tensors. */
export class PyTorchResolver implements PickleResolver {
  readonly tensors: PendingTensor[] = [];
  readonly storages = new Map<string, StorageReference>();
  /** What is left out of the result, for a warning. */
  readonly skipped = new Set<string>();
  private readonly names = plainNames();

  constructor() {
    const add = (name: string, call: (args: unknown[]) => unknown): void => {
      this.names.set(name, new PickleName(name, call));
    };
    // (storage, offset, shape, strides, requires_grad, hooks, metadata); version 3 has the type before the metadata
    add('torch._utils._rebuild_tensor', (args) => this.tensor(args));
    add('torch._utils._rebuild_tensor_v2', (args) => this.tensor(args, args[6]));
    add('torch._utils._rebuild_tensor_v3', (args) => this.tensor(args, args[7], args[6]));
    for (const kind of ['', '_with_state'])
      add(`torch._utils._rebuild_parameter${kind}`, ([tensor]) => this.known(tensor));
    // (function, type, arguments, state): a tensor with attributes
    add('torch._tensor._rebuild_from_type_v2', ([target, , args]) => {
      if (target instanceof Skipped) return target;
      if (
        !(target instanceof PickleName) ||
        !target.name.startsWith('torch._utils._rebuild_') ||
        !target.call
      ) {
        throw new Error(`calls ${describe(target)} to build a tensor.`);
      }
      return this.known(target.call(expectList(args)));
    });
  }

  resolve(module: string, name: string): unknown {
    const full = `${module}.${name}`;
    return this.names.get(full) ?? (isSkipped(module, name) ? new Skipped(full.slice(0, 100)) : undefined);
  }

  skip(what: string): void {
    if (this.skipped.size < 100) this.skipped.add(what);
  }

  /** ('storage', type, key, device, number of elements); the legacy format adds a view or None. */
  persistent(id: unknown): StorageReference | Skipped {
    const [kind, type, key, , elements, view] = expectList(id);
    // The legacy format adds the source code of modules.
    if (kind === 'module' && type instanceof Skipped) return type;
    if (kind !== 'storage')
      throw new Error(`refers to ${describe(kind)} outside the pickle. Expected a storage.`);
    const known = type instanceof PickleName ? STORAGES.get(type.name) : undefined;
    if (!known) throw new Error(`a storage of type ${describe(type)} is not supported.`);
    if (typeof key !== 'string' || !Number.isSafeInteger(elements) || (elements as number) < 0) {
      throw new Error('a storage with an invalid key or size.');
    }
    if (view !== null && view !== undefined)
      throw new Error('a storage that is a view of another one (PyTorch before 0.4) is not supported.');
    const before = this.storages.get(key);
    if (before && before.type === known && before.elements === elements) return before;
    const storage = new StorageReference(key, known, elements as number);
    if (before && before.bytes !== storage.bytes)
      throw new Error(`storage ${JSON.stringify(key)} has two different sizes.`);
    if (!Number.isSafeInteger(storage.bytes))
      throw new Error(`storage ${JSON.stringify(key)} of ${elements} elements is too large.`);
    if (!before) this.storages.set(key, storage);
    return storage;
  }

  private known(tensor: unknown): unknown {
    if (!this.arrays.has(tensor) && !(tensor instanceof Skipped))
      throw new Error(`${describe(tensor)} instead of a tensor.`);
    return tensor;
  }
  private readonly arrays = new Set<unknown>();

  private tensor(
    [storage, offset, shape, strides]: unknown[],
    metadata?: unknown,
    type?: unknown,
  ): NamedArray | Skipped {
    if (!(storage instanceof StorageReference))
      throw new Error(`a tensor whose storage is ${describe(storage)}.`);
    if (type instanceof Skipped) return new Skipped(`tensor of type ${type.name}`);
    const named = typeof type === 'string' ? TORCH_TYPES[type.replace(/^torch\./, '')] : undefined;
    if (type !== undefined && !named) throw new Error(`a tensor of type ${describe(type)} is not supported.`);
    const dtype = named ?? storage.type.dtype;
    if (!dtype) {
      if (storage.type.name === UNTYPED) throw new Error('a tensor without a type.');
      return new Skipped(`tensor of torch.${storage.type.name}`);
    }
    const strided: Strided = {
      dtype,
      shape: expectList(shape) as number[],
      strides: expectList(strides) as number[],
      offset: offset as number,
    };
    checkRank(strided);
    // The values follow when the storage is read.
    const array: NamedArray = { dtype, shape: [...strided.shape], data: new Uint8Array(0) };
    this.tensors.push({ array, storage, strided, negative: isDict(metadata) && metadata.neg === true });
    this.arrays.add(array);
    return array;
  }
}

function whatIs(item: unknown): string {
  if (item instanceof Skipped || item instanceof PickleName) return JSON.stringify(item.name);
  return item instanceof StorageReference ? 'a storage outside a tensor' : 'a numpy type';
}

/**
 * Removes what is not plain data from a value in place, and notes it in `resolver.skipped`.
 *
 * @throws Error when the value itself is not plain data
 */
export function toPlain(value: unknown, resolver: PyTorchResolver): unknown {
  const arrays = new Set<unknown>(resolver.tensors.map(({ array }) => array));
  const seen = new Set<object>();
  const open: unknown[] = [];
  const isPlain = (item: unknown, key: string | number): boolean => {
    if (typeof item !== 'object' || item === null || arrays.has(item) || item instanceof Uint8Array)
      return true;
    if (Array.isArray(item) || item instanceof Set || isDict(item)) {
      if (!seen.has(item)) open.push(item);
      seen.add(item);
      return true;
    }
    const where = typeof key === 'string' ? key.slice(0, 100) : `item ${key} of a list`;
    resolver.skip(`${where} (${whatIs(item).replaceAll('"', '')})`);
    return false;
  };
  if (!isPlain(value, 'the value')) throw new Error(`refers to ${whatIs(value)}. ${EXPECTED}`);
  while (open.length > 0) {
    const item = open.pop() as unknown[] | Set<unknown> | Record<string, unknown>;
    if (Array.isArray(item)) {
      for (let i = 0; i < item.length; i++) if (!isPlain(item[i], i)) item[i] = null;
    } else if (item instanceof Set) {
      for (const inner of item) if (!isPlain(inner, 'an item of a set')) item.delete(inner);
    } else {
      for (const key of Object.keys(item)) if (!isPlain(item[key], key)) Reflect.deleteProperty(item, key);
    }
  }
  return value;
}
