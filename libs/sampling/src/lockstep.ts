// The loop: score, draw, append, until each text has ended. One text is a group of one.
import type { LanguageModel } from '@lilformer/models';
import type { Random } from '@lilformer/random';
import { setImmediate } from 'node:timers/promises';
import { drawToken } from './draw.js';
import { NextLogits } from './next-logits.js';
import type { Settings } from './options.js';

/** Why a text ended: a stop token came, or `maxTokens` was reached. */
export type Finish = 'stop' | 'length';

/** One token of one text. */
export interface Step {
  /** Which text. */
  readonly row: number;
  readonly id: number;
  /** The scores [V] the token was drawn from, before any filter. */
  readonly logits: Float32Array;
  /** Set on the text's last token. */
  readonly finish: Finish | undefined;
}

/**
 * Continues texts of equal length side by side. A text that has ended costs nothing any more.
 *
 * @param prompts ids of each text, at least one, all equally long
 * @param randoms the generator of each text
 */
export async function* lockstep(
  model: LanguageModel,
  prompts: readonly (readonly number[])[],
  randoms: readonly Random[],
  settings: Settings,
): AsyncGenerator<Step, void, undefined> {
  const { maxTokens, filters, drawable, stopTokens, signal } = settings;
  const source = new NextLogits(model, prompts, settings);
  const turns = new Turns();
  let rows = prompts.map((_, row) => row);
  try {
    for (let count = 1; count <= maxTokens && rows.length > 0; count++) {
      signal?.throwIfAborted();
      const scores = source.next();
      const steps = rows.map((row, place): Step => {
        const logits = scores[place];
        const id = drawToken(logits.subarray(0, drawable), filters, randoms[row]);
        const finish = stopTokens.has(id) ? 'stop' : count === maxTokens ? 'length' : undefined;
        return { row, id, logits, finish };
      });
      const going = [...steps.keys()].filter((place) => steps[place].finish === undefined);
      // Freed before the last tokens go out: who has the last one may not come back for more.
      if (going.length === 0) source.dispose();
      yield* steps;
      rows = going.map((place) => rows[place]);
      if (rows.length > 0) {
        source.extend(
          going,
          going.map((place) => steps[place].id),
        );
        await turns.give();
      }
    }
  } finally {
    source.dispose();
  }
}

/** Longest time in milliseconds that the loop keeps others, and the screen, waiting. */
const PATIENCE = 5;

/** The model works in one go: gives the event loop a turn when it has waited long enough, which costs a little. */
class Turns {
  #last = performance.now();

  async give(): Promise<void> {
    if (performance.now() - this.#last < PATIENCE) return;
    await setImmediate();
    this.#last = performance.now();
  }
}
