// Reads files of torch.save, zip and legacy format, without running any code in them. Not supported: writing, TorchScript
// programs, the tar files of PyTorch before 0.1.10.
import { nameOf, openFile, readFirst, type ByteSource, type FileInput } from '../files/byte-source.js';
import { checkContents } from '../files/contents.js';
import { fromLatin1 } from '../files/latin1.js';
import { bytesPerElement, isNamedArray, type NamedArray } from '../named-array.js';
import { readSafetensors } from '../safetensors/safetensors.js';
import { quote } from '../safetensors/safetensors-header.js';
import { describe, isDict, pickleBudget, PickleTooShort, readPickle } from './pickle.js';
import { PyTorchResolver, toPlain, type PendingTensor, type StorageReference } from './pytorch-names.js';
import { checkStrided, negate, toContiguous } from './strided.js';
import { mostBytes, ZipReader } from './zip.js';

/** A value of a checkpoint: dicts are objects without prototype, tuples arrays, integers above 2^53 bigints. */
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

/** The legacy format begins with a pickle of this number. */
const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
/** The longest pickle of it, in any protocol. */
const LEGACY_MAGIC_LENGTH = 32;

const isZip = (first: Uint8Array): boolean => fromLatin1(first.subarray(0, 4)) === 'PK\x03\x04';

/** Whether these are the first bytes of a safetensors file: a `{` after the 8 bytes of the header's length. */
export function isSafetensors(first: Uint8Array): boolean {
  return first[8] === 0x7b && !isZip(first);
}

type ReadStorage = (storage: StorageReference) => Promise<Uint8Array>;

/** Reads the values of all tensors, storage by storage; equal views of one storage share one array. */
async function fillTensors(
  { tensors, storages }: PyTorchResolver,
  order: Iterable<string>,
  fileSize: number,
  read: ReadStorage,
): Promise<void> {
  const byStorage = new Map<string, Map<string, PendingTensor[]>>();
  let wanted = 0;
  let stored = 0;
  for (const storage of storages.values()) stored += storage.bytes;
  if (stored > mostBytes(fileSize))
    throw new Error(`the storages would grow from ${fileSize} to ${stored} bytes. Save without compression.`);
  for (const tensor of tensors) {
    const { dtype, shape, strides, offset } = tensor.strided;
    const size = bytesPerElement(dtype);
    if (tensor.storage.bytes % size)
      throw new Error(`storage ${quote(tensor.storage.key)} is not a multiple of the size of ${dtype}.`);
    const count = checkStrided(tensor.strided, tensor.storage.bytes / size);
    const views = byStorage.get(tensor.storage.key) ?? new Map<string, PendingTensor[]>();
    byStorage.set(tensor.storage.key, views);
    const view = JSON.stringify([dtype, shape, strides, offset, tensor.negative]);
    const same = views.get(view);
    if (same) {
      same.push(tensor);
      continue;
    }
    views.set(view, [tensor]);
    wanted += count * size;
  }
  if (wanted > mostBytes(fileSize)) {
    throw new Error(
      `the tensors are views that would grow from ${stored} to ${wanted} bytes. Save contiguous copies instead.`,
    );
  }
  for (const key of order) {
    const views = byStorage.get(key);
    if (!views) continue;
    const bytes = await read(storages.get(key)!);
    for (const same of views.values()) {
      const { strided, negative } = same[0];
      const count = checkStrided(strided, bytes.length / bytesPerElement(strided.dtype));
      const data = toContiguous(strided, count, bytes);
      if (negative) negate(strided.dtype, data);
      for (const { array } of same) array.data = data;
    }
  }
}

async function readZip(source: ByteSource): Promise<unknown> {
  const zip = await ZipReader.open(source);
  const names = zip.names();
  const pickles = names.filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1)
    throw new Error(`${source.name}: a zip file without data.pkl. Expected a file of torch.save.`);
  const folder = pickles[0].slice(0, -'data.pkl'.length);
  if (names.includes(`${folder}constants.pkl`)) {
    throw new Error(
      `${source.name}: a TorchScript program. Expected a checkpoint. Write one with torch.save(model.state_dict(), …) in Python.`,
    );
  }
  if (names.includes(`${folder}byteorder`)) {
    const order = fromLatin1(await zip.read(`${folder}byteorder`));
    if (order !== 'little')
      throw new Error(`${source.name}: byte order ${quote(order)} is not supported. Expected little-endian.`);
  }
  const resolver = new PyTorchResolver();
  const { value } = readPickle(await zip.read(pickles[0]), resolver, pickleBudget(source.size));
  for (const storage of resolver.storages.values()) {
    const size = zip.size(`${folder}data/${storage.key}`);
    if (size !== storage.bytes) {
      throw new Error(
        `storage ${quote(storage.key)} ${size === undefined ? 'is missing' : `has ${size} bytes`}. Expected ${storage.bytes} bytes.`,
      );
    }
  }
  await fillTensors(resolver, resolver.storages.keys(), source.size, (storage) =>
    zip.read(`${folder}data/${storage.key}`),
  );
  return plainValue(source.name, value, resolver);
}

/** The value without what is not plain data, which a warning lists. */
function plainValue(name: string, value: unknown, resolver: PyTorchResolver): unknown {
  const plain = toPlain(value, resolver);
  const skipped = [...resolver.skipped];
  if (skipped.length > 0) {
    const more = skipped.length > 5 ? ', …' : '';
    console.warn(`${name}: skipped what is not plain data: ${skipped.slice(0, 5).join(', ')}${more}`);
  }
  return plain;
}

/** Reads a pickle of unknown length, in growing pieces. */
async function pickleAt(
  source: ByteSource,
  offset: number,
): Promise<{ value: unknown; end: number; resolver: PyTorchResolver }> {
  for (let length = 2 ** 16; ; length *= 4) {
    const bytes = await source.read(offset, Math.min(length, source.size - offset));
    const resolver = new PyTorchResolver();
    try {
      const { value, end } = readPickle(bytes, resolver, pickleBudget(source.size));
      return { value, end: offset + end, resolver };
    } catch (error) {
      if (!(error instanceof PickleTooShort) || offset + length >= source.size) throw error;
    }
  }
}

/** Position after the first pickle of a file in legacy format; undefined for another file. */
async function legacyStart(source: ByteSource): Promise<number | undefined> {
  try {
    const bytes = await source.read(0, Math.min(LEGACY_MAGIC_LENGTH, source.size));
    const { value, end } = readPickle(bytes, new PyTorchResolver());
    return value === LEGACY_MAGIC ? end : undefined;
  } catch {
    return undefined;
  }
}

async function readLegacy(source: ByteSource, start: number): Promise<unknown> {
  const protocol = await pickleAt(source, start);
  if (protocol.value !== 1001)
    throw new Error(`protocol ${describe(protocol.value)} is not supported. Expected 1001.`);
  const system = await pickleAt(source, protocol.end);
  if (!isDict(system.value) || system.value.little_endian !== true)
    throw new Error('the byte order is not supported. Expected little-endian.');
  const { value, end, resolver } = await pickleAt(source, system.end);
  const keys = await pickleAt(source, end);
  const order = keys.value;
  if (
    !Array.isArray(order) ||
    order.length !== resolver.storages.size ||
    new Set(order).size !== order.length
  ) {
    throw new Error('the list of storages does not match the tensors.');
  }
  let offset = keys.end;
  // A storage is its number of elements in 8 bytes, then the elements.
  const offsets = new Map<string, number>();
  for (const key of order as unknown[]) {
    const storage = resolver.storages.get(key as string);
    if (!storage) throw new Error(`storage ${describe(key)} belongs to no tensor.`);
    const head = await source.read(offset, 8);
    const elements = new DataView(head.buffer).getBigInt64(0, true);
    if (elements !== BigInt(storage.elements)) {
      throw new Error(
        `storage ${quote(storage.key)} has ${elements} elements. Expected ${storage.elements}.`,
      );
    }
    offsets.set(storage.key, offset + 8);
    offset += 8 + storage.bytes;
    if (offset > source.size) throw new Error(`storage ${quote(storage.key)} is truncated.`);
  }
  await fillTensors(resolver, order as string[], source.size, (storage) =>
    source.read(offsets.get(storage.key)!, storage.bytes),
  );
  return plainValue(source.name, value, resolver);
}

/** {@link readPyTorch} of an open file. */
export async function readPyTorchFrom(source: ByteSource): Promise<PlainValue> {
  await checkContents(source);
  const first = await source.read(0, Math.min(4, source.size));
  try {
    if (isZip(first)) return (await readZip(source)) as PlainValue;
    const start = await legacyStart(source);
    if (start !== undefined) return (await readLegacy(source, start)) as PlainValue;
  } catch (error) {
    const { message } = error as Error;
    throw message.startsWith(source.name) ? error : new Error(`${source.name}: ${message}`, { cause: error });
  }
  throw new Error(
    `${source.name}: ${first[0] === 0x80 ? 'a pickle that is' : 'a file that is'} not from torch.save. Expected a .pt, .pth or .bin file.`,
  );
}

/**
 * Reads a `.pt`, `.pth` or `.bin` file of `torch.save` without running any code in it.
 *
 * Tensors become contiguous {@link NamedArray}s; equal views of one storage (tied weights) share one typed array. Dicts
 * become objects without prototype, with integer keys as digits.
 *
 * @throws Error naming the file, and what is damaged or the class or function that is not supported
 */
export async function readPyTorch(input: FileInput, name = nameOf(input)): Promise<PlainValue> {
  const source = await openFile(input, name);
  try {
    return await readPyTorchFrom(source);
  } finally {
    await source.close();
  }
}

/**
 * The state dict of a checkpoint: its `model_state_dict`, its `state_dict`, or the value itself. Single values beside the
 * arrays are left out.
 *
 * @throws Error listing the entries that are not arrays
 */
export function stateDictOf(value: PlainValue): Map<string, NamedArray> {
  if (!isDict(value)) throw new Error('the checkpoint is not a dict. Expected a state dict.');
  const inner = ['model_state_dict', 'state_dict'].find((key) => isDict(value[key]));
  const dict = inner === undefined ? value : (value[inner] as Record<string, unknown>);
  const tensors = new Map<string, NamedArray>();
  const others: string[] = [];
  let hasContainers = false;
  for (const [name, item] of Object.entries(dict)) {
    if (isNamedArray(item)) {
      tensors.set(name, item);
      continue;
    }
    others.push(name);
    // Modules may add a number, bytes or None (`_extra_state`).
    hasContainers ||= typeof item === 'object' && item !== null && !(item instanceof Uint8Array);
  }
  if (hasContainers || tensors.size === 0) {
    const found = others.slice(0, 5).map(quote).join(', ') + (others.length > 5 ? ', …' : '');
    throw new Error(
      `${inner ?? 'the checkpoint'} is not a dict of arrays: ${found ? `other entries are ${found}` : 'it is empty'}. ` +
        'Expected arrays, or model_state_dict or state_dict with arrays.',
    );
  }
  return tensors;
}

/**
 * Reads all arrays of a safetensors or PyTorch file; the contents determine the format.
 *
 * @throws Error naming the file and what is wrong with it
 */
export async function readWeights(input: FileInput, name = nameOf(input)): Promise<Map<string, NamedArray>> {
  if (isSafetensors(await readFirst(input, 9))) return (await readSafetensors(input, name)).tensors;
  try {
    return stateDictOf(await readPyTorch(input, name));
  } catch (error) {
    const { message } = error as Error;
    throw message.startsWith(name) ? error : new Error(`${name}: ${message}`, { cause: error });
  }
}
