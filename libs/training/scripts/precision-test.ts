// Trains a model in float32 and in bf16 from the same weights on the same batches, and in float32 from other seeds: bf16 may
// differ from float32 by no more than other seeds do.
//
//   node --conditions=@lilformer/source --import tsx scripts/precision-test.ts TEXT [STEPS]
import { arraySource, slidingWindows, splitTokens } from '@lilformer/datasets';
import { openEngine, type Precision } from '@lilformer/engine';
import { createModel } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { readFileSync } from 'node:fs';
import { train } from '../src/index.js';

const [path, count = '1000'] = process.argv.slice(2);
if (!path) throw new Error('expected a text file');
const steps = Number(count);
const text = readFileSync(path, 'utf8');
const characters = new Map([...new Set(text)].sort().map((character, id) => [character, id]));
const [first, rest] = splitTokens(
  arraySource(Array.from(text, (character) => characters.get(character)!)),
  0.9,
);
const LENGTH = 64;
const windows = { train: slidingWindows(first, LENGTH), validation: slidingWindows(rest, LENGTH) };

interface Curve {
  /** Mean training loss of each tenth of the run. */
  readonly tenths: number[];
  readonly validation: number;
}

async function curve(precision: Precision, seed: number): Promise<Curve> {
  const engine = await openEngine({ engine: 'native', precision });
  if (engine.precision !== precision) throw new Error(`expected ${precision}, and got ${engine.describe()}`);
  const sizes = { dModel: 128, nHeads: 4, dFf: 512, nLayers: 2, contextLength: LENGTH };
  const config = { type: 'tiny-transformer', vocabSize: characters.size, ...sizes } as const;
  const model = createModel(config, new Random(seed).split('weights'));
  const losses: number[] = [];
  let validation = NaN;
  for await (const event of train({
    model,
    ...windows,
    batchSize: 16,
    order: 'random',
    seed,
    maxSteps: steps,
    schedule: { type: 'cosine', learningRate: 1e-3, warmupSteps: Math.round(steps / 20) },
    maxGradNorm: 1,
    evalEvery: steps,
    evalBatches: 50,
  })) {
    if (event.type === 'step') losses.push(event.loss);
    if (event.type === 'evaluation') validation = event.validationLoss;
  }
  model.dispose();
  const tenth = Math.max(1, Math.floor(steps / 10));
  const tenths = Array.from({ length: 10 }, (_, i) => mean(losses.slice(i * tenth, (i + 1) * tenth)));
  console.log(
    `${precision}, seed ${seed} | ${tenths.map((loss) => loss.toFixed(3)).join(' ')} | valid ${validation.toFixed(4)}`,
  );
  return { tenths, validation };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function distance(a: Curve, b: Curve): number {
  const all = (curve: Curve): number[] => [...curve.tenths.slice(1), curve.validation];
  return Math.max(...all(a).map((value, i) => Math.abs(value - all(b)[i])));
}

const whole = await curve('float32', 1);
const half = await curve('bf16', 1);
const others = [await curve('float32', 2), await curve('float32', 3)];
const noise = Math.max(...others.map((other) => distance(whole, other)));
const difference = distance(whole, half);
console.log(`bf16 differs by ${difference.toFixed(4)}, float32 from other seeds by ${noise.toFixed(4)}`);
if (!(difference <= noise)) throw new Error('bf16 is further from float32 than float32 is from itself');
