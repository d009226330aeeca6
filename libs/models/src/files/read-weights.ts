// Weights from a file into a model, one array at a time. Names, shapes and types are compared before anything is read.
import { toFloat32, type NamedArray, type WeightsFile } from '@lilformer/checkpoints';
import { Parameter, type ConstantBuffer, type Module } from '@lilformer/layers';

/** One array of the file and where it goes. */
interface Assignment {
  readonly from: string;
  readonly to: string;
  readonly entry: Parameter | ConstantBuffer;
}

const FLOATS = ['F32', 'F16', 'BF16', 'F64'];

/** Matrices of at least this many values that are kept in bf16 are read a few rows at a time. */
const LARGE = 2 ** 22;

/** An open file of weights. */
export type Weights = Pick<WeightsFile, 'entries' | 'read'>;

/**
 * Fills a model with the weights of a file.
 *
 * @param path for messages
 * @param nameOf the model's name of an array of the file; undefined skips the array
 * @throws Error naming every weight that is missing, surplus or of another shape or type, before anything is loaded
 */
export async function readWeights(
  model: Module,
  file: Weights,
  path: string,
  nameOf: (name: string) => string | undefined = (name) => name,
): Promise<void> {
  await fill(model, assignments(model, file, path, nameOf), file, path);
}

function assignments(
  model: Module,
  file: Weights,
  path: string,
  nameOf: (name: string) => string | undefined,
): readonly Assignment[] {
  const entries = new Map(model.stateEntries());
  const plan: Assignment[] = [];
  const problems: string[] = [];
  for (const [from, { dtype, shape }] of file.entries) {
    const to = nameOf(from);
    if (to === undefined) continue;
    const entry = entries.get(to);
    if (entry === undefined) {
      problems.push(`${from} is surplus: ${model.constructor.name} has no such weight`);
      continue;
    }
    const expected = entry.storedShape;
    if (shape.join() !== expected.join()) {
      problems.push(`${from} has shape [${shape.join(', ')}], expected [${expected.join(', ')}]`);
    } else if (entry instanceof Parameter && !FLOATS.includes(dtype)) {
      problems.push(`${from} has type ${dtype}, expected one of ${FLOATS.join(', ')}`);
    }
    const twin = plan.find((one) => one.to === to);
    if (twin) problems.push(`${from} and ${twin.from} are the same weight`);
    plan.push({ from, to, entry });
  }
  const filled = new Set(plan.map(({ entry }) => entry));
  for (const [name, entry] of entries) {
    if (entry instanceof Parameter && !filled.has(entry)) problems.push(`${name} is missing`);
  }
  if (problems.length > 0) {
    throw new Error(
      `${path}: the weights do not fit ${model.constructor.name} with its config; nothing was loaded:\n  ` +
        problems.join('\n  '),
    );
  }
  return plan;
}

/** Reads the weights in order, each while the one before is assigned. */
async function fill(model: Module, plan: readonly Assignment[], file: Weights, path: string): Promise<void> {
  const constants = new Map<string, NamedArray>();
  const from = new Map<Parameter, string>();
  const byRows = (i: number): Parameter | undefined => {
    const { entry } = plan[i];
    const large = entry instanceof Parameter && entry.isBf16 && !entry.transposed && entry.size >= LARGE;
    return large && !from.has(entry) ? entry : undefined;
  };
  const read = (i: number): Promise<NamedArray> | undefined => {
    const reading = i < plan.length && !byRows(i) ? file.read(plan[i].from) : undefined;
    reading?.catch(() => undefined); // reported when awaited, unless another read fails first
    return reading;
  };
  let next = read(0);
  for (let i = 0; i < plan.length; i++) {
    const large = byRows(i);
    if (large) {
      from.set(large, plan[i].from);
      await large.assignRows(async (first, count) => floats(await file.read(plan[i].from, { first, count })));
      next = read(i + 1);
      continue;
    }
    const array = await next!;
    next = read(i + 1);
    const { to, entry } = plan[i];
    if (!(entry instanceof Parameter)) {
      constants.set(to, array);
      continue;
    }
    const values = entry.fromStored(floats(array));
    const twin = from.get(entry);
    if (twin === undefined) {
      from.set(entry, plan[i].from);
      entry.assign(values);
    } else if (!entry.holds(values)) {
      throw new Error(
        `${path}: ${plan[i].from} and ${twin} are tied in this model, but have different values. ` +
          'Set "tie_word_embeddings" to false in config.json if they are two weights.',
      );
    }
  }
  model.loadStateDict(constants, { strict: false });
}

/** An array of the caller's own, as float32. */
function floats(array: NamedArray): Float32Array {
  return array.dtype === 'F32' ? (array.data as Float32Array) : toFloat32(array);
}
