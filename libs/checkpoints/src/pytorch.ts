// Reads what torch.save wrote, zip files and the older format without zip, and never runs what is in them: only
// tensors and plain containers are built, anything else is refused by name. Leaves out writing, TorchScript
// programs, and the tar files of PyTorch before 0.1.10.
import { openFile, readFirst, type ByteSource } from './byte-source.js';
import { bytesPerElement, isNamedArray, type NamedArray, type TypedArray } from './named-array.js';
import { isDict, PickleTooShort, readPickle } from './pickle.js';
import {
  PyTorchMeaning,
  refuseLeftovers,
  type PendingTensor,
  type StorageReference,
} from './pytorch-names.js';
import { readSafetensors } from './safetensors.js';
import { quote } from './safetensors-header.js';
import { checkStrided, materialise } from './strided.js';
import { ZipReader } from './zip.js';

/** A value of a checkpoint: dicts are objects without prototype, tuples arrays, integers beyond 2^53 bigints. */
export type PlainValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | NamedArray
  | PlainValue[]
  | Set<PlainValue>
  | { [key: string]: PlainValue };

/** What views of the same storage, and expanded ones, may take beyond eight times the storages' bytes. */
const VIEW_SLACK = 2 ** 26;

/** The first bytes of the format without zip: a pickle of the number 0x1950a86a20f9469cfc6c. */
const LEGACY_MAGIC = Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex');

const isZip = (first: Buffer): boolean => first.subarray(0, 4).equals(Buffer.from('PK\x03\x04'));

/** Whether a file that starts so is safetensors: a `{` after the 8 bytes of the header's length. */
export function isSafetensors(first: Uint8Array): boolean {
  return (
    first[8] === 0x7b &&
    !isZip(Buffer.from(first)) &&
    !LEGACY_MAGIC.subarray(0, 8).equals(first.subarray(0, 8))
  );
}

type ReadStorage = (storage: StorageReference) => Promise<Uint8Array>;

/** Fills in the numbers of all tensors, storage by storage; equal views of one storage share one array. */
async function fillTensors(
  meaning: PyTorchMeaning,
  order: Iterable<string>,
  read: ReadStorage,
): Promise<void> {
  const byStorage = new Map<string, Map<string, PendingTensor[]>>();
  let wanted = 0;
  let stored = 0;
  for (const storage of meaning.storages.values()) stored += storage.bytes;
  for (const tensor of meaning.tensors) {
    const { dtype, shape, strides, offset } = tensor.strided;
    const size = bytesPerElement(dtype);
    if (tensor.storage.bytes % size)
      throw new Error(`storage ${quote(tensor.storage.key)} is no whole number of ${dtype}`);
    const count = checkStrided(tensor.strided, tensor.storage.bytes / size);
    const views = byStorage.get(tensor.storage.key) ?? new Map<string, PendingTensor[]>();
    byStorage.set(tensor.storage.key, views);
    const view = JSON.stringify([dtype, shape, strides, offset]);
    const same = views.get(view);
    if (same) {
      same.push(tensor);
      continue;
    }
    views.set(view, [tensor]);
    wanted += count * size;
  }
  if (wanted > 8 * stored + VIEW_SLACK) {
    throw new Error(
      `its tensors are views that would grow from ${stored} to ${wanted} bytes; save contiguous copies of them instead`,
    );
  }
  for (const key of order) {
    const bytes = await read(meaning.storages.get(key)!);
    for (const same of byStorage.get(key)?.values() ?? []) {
      const { strided } = same[0];
      const data: TypedArray = materialise(
        strided,
        checkStrided(strided, bytes.length / bytesPerElement(strided.dtype)),
        bytes,
      );
      for (const { array } of same) array.data = data;
    }
  }
}

async function readZip(source: ByteSource): Promise<unknown> {
  const zip = await ZipReader.open(source);
  const names = zip.names();
  const pickles = names.filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1)
    throw new Error(`${source.name}: a zip file, but not one that torch.save wrote (no data.pkl in it)`);
  const folder = pickles[0].slice(0, -'data.pkl'.length);
  if (names.includes(`${folder}constants.pkl`)) {
    throw new Error(
      `${source.name}: a TorchScript program, not a checkpoint; in Python, torch.save(model.state_dict(), …) makes one`,
    );
  }
  if (names.includes(`${folder}byteorder`)) {
    const order = Buffer.from(await zip.read(`${folder}byteorder`)).toString();
    if (order !== 'little')
      throw new Error(`${source.name}: byte order ${quote(order)}; only little-endian files are read`);
  }
  const meaning = new PyTorchMeaning();
  const { value } = readPickle(await zip.read(pickles[0]), meaning);
  refuseLeftovers(value, meaning);
  for (const storage of meaning.storages.values()) {
    const size = zip.size(`${folder}data/${storage.key}`);
    if (size !== storage.bytes) {
      throw new Error(
        `storage ${quote(storage.key)} should have ${storage.bytes} bytes, but ${size === undefined ? 'is missing' : `has ${size}`}`,
      );
    }
  }
  await fillTensors(meaning, meaning.storages.keys(), (storage) => zip.read(`${folder}data/${storage.key}`));
  return value;
}

/** Reads a pickle whose length is not known, in growing pieces. */
async function pickleAt(
  source: ByteSource,
  offset: number,
): Promise<{ value: unknown; end: number; meaning: PyTorchMeaning }> {
  for (let length = 2 ** 16; ; length *= 4) {
    const bytes = await source.read(offset, Math.min(length, source.size - offset));
    const meaning = new PyTorchMeaning();
    try {
      const { value, end } = readPickle(bytes, meaning);
      return { value, end: offset + end, meaning };
    } catch (error) {
      if (!(error instanceof PickleTooShort) || offset + length >= source.size) throw error;
    }
  }
}

async function readLegacy(source: ByteSource): Promise<unknown> {
  const protocol = await pickleAt(source, LEGACY_MAGIC.length);
  if (protocol.value !== 1001) throw new Error(`protocol ${String(protocol.value)}; 1001 is known`);
  const system = await pickleAt(source, protocol.end);
  if (!isDict(system.value) || system.value.little_endian !== true)
    throw new Error('not little-endian; only little-endian files are read');
  const { value, end, meaning } = await pickleAt(source, system.end);
  refuseLeftovers(value, meaning);
  const keys = await pickleAt(source, end);
  const order = keys.value;
  if (
    !Array.isArray(order) ||
    order.length !== meaning.storages.size ||
    new Set(order).size !== order.length
  ) {
    throw new Error('the list of storages does not go with the tensors');
  }
  let offset = keys.end;
  // each storage is its number of elements in 8 bytes, and the elements
  const places = new Map<string, number>();
  for (const key of order as unknown[]) {
    const storage = meaning.storages.get(key as string);
    if (!storage) throw new Error(`storage ${quote(String(key))} belongs to no tensor`);
    const head = await source.read(offset, 8);
    const elements = new DataView(head.buffer).getBigInt64(0, true);
    if (elements !== BigInt(storage.elements)) {
      throw new Error(
        `storage ${quote(storage.key)} should have ${storage.elements} elements, but has ${elements}`,
      );
    }
    places.set(storage.key, offset + 8);
    offset += 8 + storage.bytes;
    if (offset > source.size) throw new Error(`storage ${quote(storage.key)} is cut off`);
  }
  await fillTensors(meaning, order as string[], (storage) =>
    source.read(places.get(storage.key)!, storage.bytes),
  );
  return value;
}

/** Reads an open file; see {@link readPyTorch}. */
export async function readPyTorchFrom(source: ByteSource): Promise<PlainValue> {
  const first = Buffer.from(await source.read(0, Math.min(LEGACY_MAGIC.length, source.size)));
  try {
    if (isZip(first)) return (await readZip(source)) as PlainValue;
    if (first.equals(LEGACY_MAGIC)) return (await readLegacy(source)) as PlainValue;
  } catch (error) {
    const { message } = error as Error;
    throw message.startsWith(source.name) ? error : new Error(`${source.name}: ${message}`, { cause: error });
  }
  throw new Error(
    `${source.name}: ${first[0] === 0x80 ? 'a pickle, but not one that torch.save wrote' : 'not a file that torch.save wrote'}`,
  );
}

/**
 * Reads a `.pt`, `.pth` or `.bin` file of `torch.save` without running anything in it.
 *
 * Tensors become {@link NamedArray}s, row-major whatever their strides were; equal views of one storage (tied
 * weights) share one typed array. Dicts become objects without prototype, whose integer keys are their digits.
 *
 * @throws Error naming the file, and the class or function that is neither a tensor nor a plain container; or
 *   what is damaged.
 */
export async function readPyTorch(path: string): Promise<PlainValue> {
  const source = await openFile(path);
  try {
    return await readPyTorchFrom(source);
  } finally {
    await source.close();
  }
}

/**
 * The named arrays of a checkpoint: of its `model_state_dict` or `state_dict`, or of the value itself.
 *
 * @throws Error listing what is there when that is no dict of arrays.
 */
export function stateDictOf(value: PlainValue): Map<string, NamedArray> {
  if (!isDict(value)) throw new Error('a checkpoint that is no dict has no named arrays');
  const inner = ['model_state_dict', 'state_dict'].find((key) => isDict(value[key]));
  const dict = inner === undefined ? value : (value[inner] as Record<string, unknown>);
  const tensors = new Map<string, NamedArray>();
  const others: string[] = [];
  for (const [name, item] of Object.entries(dict)) {
    if (isNamedArray(item)) tensors.set(name, item);
    else others.push(name);
  }
  if (others.length > 0 || tensors.size === 0) {
    const found = others.slice(0, 5).map(quote).join(', ') + (others.length > 5 ? ', …' : '');
    throw new Error(
      `${inner ?? 'the checkpoint'} is no dict of arrays: ` +
        (tensors.size === 0 && others.length === 0
          ? 'it is empty'
          : `${found} ${others.length === 1 ? 'is' : 'are'} none`) +
        '; expected one, or model_state_dict or state_dict with one',
    );
  }
  return tensors;
}

/**
 * Reads the named arrays of a file whose contents say what it is: safetensors, or a PyTorch state dict or
 * checkpoint, zip or not.
 *
 * @throws Error naming the file and what is wrong with it.
 */
export async function readWeights(path: string): Promise<Map<string, NamedArray>> {
  if (isSafetensors(await readFirst(path, 9))) return (await readSafetensors(path)).tensors;
  try {
    return stateDictOf(await readPyTorch(path));
  } catch (error) {
    const { message } = error as Error;
    throw message.startsWith(path) ? error : new Error(`${path}: ${message}`, { cause: error });
  }
}
