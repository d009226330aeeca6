// Where the reference values (PyTorch, Hugging Face) and the real text live, and
// what happens where they do not: tests skip with a message, unless
// LILFORMER_GOLDEN_REQUIRED=1 says that they have to run.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';

const workspace = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const goldenRoot = resolve(workspace, process.env.LILFORMER_GOLDEN || '../shared/golden');
const dataRoot = resolve(workspace, process.env.LILFORMER_DATA || '../shared/data');

/** Path of a golden file or folder, such as `golden('unit/layer_norm.safetensors')`. */
export function golden(path: string): string {
  return join(goldenRoot, path);
}

/** Contents of a golden JSON file. */
export function goldenJson<T = Record<string, unknown>>(path: string): T {
  return JSON.parse(readFileSync(golden(path), 'utf8')) as T;
}

/** Path of a real text, such as `reference('tinyshakespeare/input.txt')`. */
export function reference(path: string): string {
  return join(dataRoot, path);
}

/**
 * A `describe` block that needs reference files.
 *
 * Where one is absent the block is skipped with a message that names it; with
 * LILFORMER_GOLDEN_REQUIRED=1 it fails instead.
 */
export function describeGolden(name: string, needs: string | readonly string[], body: () => void): void {
  const missing = [needs].flat().find((path) => !existsSync(path));
  if (missing === undefined) {
    describe(name, body);
  } else if (process.env.LILFORMER_GOLDEN_REQUIRED === '1') {
    describe(name, () => {
      it('has its reference files', () => {
        throw new Error(`${missing} is missing, and LILFORMER_GOLDEN_REQUIRED=1 asks for it`);
      });
    });
  } else {
    console.warn(`skipped: ${name} (no ${missing}; LILFORMER_GOLDEN and LILFORMER_DATA say where to look)`);
    // The body is not run: it may well read what is missing.
    describe(name, () => it.skip(`needs ${missing}`, () => undefined));
  }
}
