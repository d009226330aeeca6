// Paths of the reference values and the text in tools/golden.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const folder = resolve(import.meta.dirname, '../../golden');

/** Path of a file or folder of reference values, such as `golden('unit/layer_norm.safetensors')`. */
export function golden(path: string): string {
  return join(folder, 'values', path);
}

/** Contents of a JSON file of reference values. */
export function goldenJson<T = Record<string, unknown>>(path: string): T {
  return JSON.parse(readFileSync(golden(path), 'utf8')) as T;
}

/** Path of Tiny Shakespeare: 1,115,394 bytes, all ASCII. */
export const tinyShakespeare = join(folder, 'data/tiny-shakespeare.txt');

/**
 * Largest differences allowed from reference values: `output` and `pretrained` (Hugging Face's models) relative to the
 * largest value of the tensor, as is `elementwise`; `trainedWeights` absolute.
 */
export const tolerances = JSON.parse(readFileSync(join(folder, 'tolerances.json'), 'utf8')) as Record<
  'output' | 'pretrained' | 'elementwise' | 'trainedWeights',
  number
>;
