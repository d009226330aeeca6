// Embedding lookup, its gradients, and the gather of rows of several matrices.
import type { Floats, Kernels } from '../kernels.js';
import { assert } from './checked.js';

type Embedding = Pick<Kernels, 'embeddingForward' | 'embeddingBackward' | 'gatherRows'>;

export const embedding: Embedding = {
  embeddingForward({ ids, table, places, y, tokens, rows, period, width }) {
    assert(!places || period > 0 || tokens === 0, 'period: 0. Expected at least 1.');
    const invalid = ids.findIndex((id) => id < 0 || id >= rows);
    if (invalid >= 0) return invalid;
    for (let t = 0; t < tokens; t++) {
      for (let i = 0; i < width; i++) {
        y[t * width + i] = table[ids[t] * width + i] + (places?.[(t % period) * width + i] ?? 0);
      }
    }
    return -1;
  },

  embeddingBackward({ ids, dy, dTable, dPlaces, tokens, rows, period, width }) {
    assert(!dPlaces || period > 0, 'period: 0. Expected at least 1.');
    const invalid = ids.findIndex((id) => id < 0 || id >= rows);
    assert(invalid < 0, `ids: ${ids[invalid]} at ${invalid}. Expected 0 to ${rows - 1}.`);
    const table = new Float64Array(dTable.length);
    const places = new Float64Array(dPlaces?.length ?? 0);
    for (let t = 0; t < tokens; t++) {
      for (let i = 0; i < width; i++) {
        table[ids[t] * width + i] += dy[t * width + i];
        if (dPlaces) places[(t % period) * width + i] += dy[t * width + i];
      }
    }
    dTable.set(table);
    dPlaces?.set(places);
  },

  gatherRows({ from, index, to, width }) {
    const rowsOf = (name: string, matrices: readonly Floats[]): Floats[] =>
      matrices.flatMap((matrix) => {
        const isWhole = width > 0 ? matrix.length % width === 0 : matrix.length === 0;
        assert(isWhole, `${name}: ${matrix.length} elements. Expected rows of ${width}.`);
        const count = width > 0 ? matrix.length / width : 0;
        return Array.from({ length: count }, (_, r) => matrix.subarray(r * width, (r + 1) * width));
      });
    const sources = rowsOf('from', from);
    const targets = rowsOf('to', to);
    if (width === 0) return;
    const wrong = index.find((row) => row >= sources.length);
    assert(wrong === undefined, `index: ${wrong}. Expected less than ${sources.length}.`);
    for (const [i, target] of targets.entries()) {
      if (index[i] < 0) target.fill(0);
      else target.set(sources[index[i]]);
    }
  },
};
