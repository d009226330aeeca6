// The names that a PyTorch checkpoint may refer to: tensors, plain containers, numpy scalars. Not supported: sparse, quantized
// and complex tensors, numpy arrays, modules, user-defined classes.
import { bytesPerElement, type DType, type NamedArray } from '../named-array.js';
import { describe, expectList, isDict, newDict, PickleName, type PickleResolver } from './pickle.js';
import type { Strided } from './strided.js';

/** A storage that a pickle refers to by key. */
export class StorageReference {
  constructor(
    readonly key: string,
    /** Undefined for untyped storages; their tensors have the type. */
    readonly dtype: DType | undefined,
    readonly elements: number,
  ) {}

  get bytes(): number {
    return this.elements * (this.dtype ? bytesPerElement(this.dtype) : 1);
  }
}

/** A tensor whose values have not been read yet. */
export interface PendingTensor {
  array: NamedArray;
  storage: StorageReference;
  strided: Strided;
}

/** A numpy dtype such as `f8`. */
class NumpyType {
  bigEndian = false;
  constructor(readonly code: string) {}
}

const STORAGES: Record<string, DType> = {
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

function pairsToDict(pairs: unknown): Record<string, unknown> {
  const dict = newDict();
  if (isDict(pairs)) return Object.assign(dict, pairs);
  for (const pair of expectList(pairs ?? [])) {
    const [key, value] = expectList(pair);
    if (typeof key !== 'string' && typeof key !== 'number')
      throw new Error(`${describe(key)} as a dictionary key.`);
    dict[key] = value;
  }
  return dict;
}

/** Bytes in protocol 2: a string of characters below 256; a bytearray wraps such bytes. */
function latin1Bytes(args: unknown[]): Uint8Array {
  const [text = '', encoding = 'latin1'] = args;
  if (text instanceof Uint8Array) return new Uint8Array(text);
  if (typeof text !== 'string' || !/^latin-?1$/.test(String(encoding)))
    throw new Error('bytes in another encoding than latin1.');
  return new Uint8Array(Buffer.from(text, 'latin1'));
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
  const read = Object.hasOwn(readers, type.code) ? readers[type.code] : undefined;
  if (!read || bytes.length !== Number(type.code[1]))
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
  }
  add('collections.OrderedDict', ([pairs]) => pairsToDict(pairs));
  add('collections.defaultdict', ([, pairs]) => pairsToDict(pairs));
  add('_codecs.encode', latin1Bytes);

  add('torch.Size', ([sizes]) => [...expectList(sizes ?? [])]);
  add('torch.device', ([kind, index]) =>
    index === undefined ? String(kind) : `${String(kind)}:${String(index)}`,
  );
  add('torch.Tensor');
  add('torch.nn.parameter.Parameter');
  for (const name of Object.keys(TORCH_TYPES)) names.set(`torch.${name}`, `torch.${name}`);
  for (const name of ['complex64', 'complex128']) names.set(`torch.${name}`, `torch.${name}`);
  for (const place of ['torch', 'torch.cuda']) {
    for (const name of Object.keys(STORAGES)) names.set(`${place}.${name}`, new PickleName(`torch.${name}`));
  }
  names.set('torch.storage.UntypedStorage', new PickleName('torch.storage.UntypedStorage'));

  add(
    'numpy.dtype',
    ([code]) => new NumpyType(String(code)),
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
  private readonly names = plainNames();

  constructor() {
    const add = (name: string, call: (args: unknown[]) => unknown): void => {
      this.names.set(name, new PickleName(name, call));
    };
    // (storage, offset, shape, strides, requires_grad, hooks); version 3 adds (dtype, metadata)
    for (const version of ['', '_v2'])
      add(`torch._utils._rebuild_tensor${version}`, (args) => this.tensor(args.slice(0, 4)));
    add('torch._utils._rebuild_tensor_v3', (args) => this.tensor(args));
    for (const kind of ['', '_with_state'])
      add(`torch._utils._rebuild_parameter${kind}`, ([tensor]) => this.known(tensor));
    // (function, type, arguments, state): a tensor with attributes
    add('torch._tensor._rebuild_from_type_v2', ([target, , args]) => {
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
    return this.names.get(`${module}.${name}`);
  }

  /** ('storage', type, key, device, number of elements); the legacy format adds a view or None. */
  persistent(id: unknown): StorageReference {
    const [kind, type, key, , elements, view] = expectList(id);
    if (kind !== 'storage')
      throw new Error(`refers to ${describe(kind)} outside the pickle. Expected a storage.`);
    if (!(type instanceof PickleName) || !/Storage$/.test(type.name))
      throw new Error(`a storage of type ${describe(type)} is not supported.`);
    if (typeof key !== 'string' || !Number.isSafeInteger(elements) || (elements as number) < 0) {
      throw new Error('a storage with an invalid key or size.');
    }
    if (view !== null && view !== undefined)
      throw new Error('a storage that is a view of another one (PyTorch before 0.4) is not supported.');
    const dtype = STORAGES[type.name.slice('torch.'.length)] as DType | undefined;
    const before = this.storages.get(key);
    if (before && before.dtype === dtype && before.elements === elements) return before;
    const storage = new StorageReference(key, dtype, elements as number);
    if (before && before.bytes !== storage.bytes)
      throw new Error(`storage ${JSON.stringify(key)} has two different sizes.`);
    if (!Number.isSafeInteger(storage.bytes))
      throw new Error(`storage ${JSON.stringify(key)} of ${elements} elements is too large.`);
    if (!before) this.storages.set(key, storage);
    return storage;
  }

  private known(tensor: unknown): unknown {
    if (!this.arrays.has(tensor)) throw new Error(`${describe(tensor)} instead of a tensor.`);
    return tensor;
  }
  private readonly arrays = new Set<unknown>();

  private tensor([storage, offset, shape, strides, , , type]: unknown[]): NamedArray {
    if (!(storage instanceof StorageReference))
      throw new Error(`a tensor whose storage is ${describe(storage)}.`);
    const named = typeof type === 'string' ? TORCH_TYPES[type.replace(/^torch\./, '')] : undefined;
    if (type !== undefined && !named) throw new Error(`a tensor of type ${describe(type)} is not supported.`);
    const dtype = named ?? storage.dtype;
    if (!dtype) throw new Error('a tensor without a type.');
    const strided: Strided = {
      dtype,
      shape: expectList(shape) as number[],
      strides: expectList(strides) as number[],
      offset: offset as number,
    };
    // The values follow when the storage is read.
    const array: NamedArray = { dtype, shape: [...strided.shape], data: new Uint8Array(0) };
    this.tensors.push({ array, storage, strided });
    this.arrays.add(array);
    return array;
  }
}

/**
 * Checks that a value consists of plain values and tensors.
 *
 * @throws Error naming a class or function that is itself a value
 */
export function checkPlain(value: unknown, { tensors }: PyTorchResolver): void {
  const arrays = new Set<unknown>(tensors.map(({ array }) => array));
  const seen = new Set<object>();
  const open: unknown[] = [value];
  while (open.length > 0) {
    const item = open.pop();
    if (
      typeof item !== 'object' ||
      item === null ||
      seen.has(item) ||
      arrays.has(item) ||
      item instanceof Uint8Array
    )
      continue;
    seen.add(item);
    if (Array.isArray(item) || item instanceof Set) for (const inner of item) open.push(inner);
    else if (isDict(item)) for (const inner of Object.values(item)) open.push(inner);
    else if (item instanceof PickleName) throw new Error(`contains ${item.name} itself as a value.`);
    else if (item instanceof StorageReference)
      throw new Error('contains a storage outside a tensor. Save tensors instead.');
    else throw new Error('contains a numpy type as a value.');
  }
}
