// The loop: score, draw, append, until each text has ended. One text is a group of one.
import type { Random } from '@lilformer/random';
import { setImmediate } from 'node:timers/promises';
import { drawToken } from './draw.js';
import type { Settings } from './options.js';
import { processLogits } from './processors.js';
import type { Scorer } from './scorer.js';
import type { TextWriter } from './text-writer.js';

/** Why a text ended: a stop token or stop text came, or `maxTokens` was reached. */
export type Finish = 'stop' | 'length';

/** One token of one text. */
export interface Step {
  /** Which text. */
  readonly row: number;
  readonly id: number;
  /** The text that is certain now; empty where there are no writers. */
  readonly text: string;
  /** The scores [V] the token was drawn from, before any filter. */
  readonly logits: Float32Array;
  /** Set on the text's last token. */
  readonly finish: Finish | undefined;
}

/**
 * Continues texts side by side. A text that has ended costs nothing any more.
 *
 * @param source the texts, at least one, and their scores; freed in the end
 * @param randoms the generator of each text
 * @param writers what makes the text of each, or none where only ids are asked for
 */
export async function* lockstep(
  source: Scorer,
  randoms: readonly Random[],
  settings: Settings,
  writers: readonly TextWriter[] = [],
): AsyncGenerator<Step, void, undefined> {
  const { maxTokens, filters, processing, drawable, stopTokens, signal } = settings;
  const turns = new Turns();
  let rows = randoms.map((_, row) => row);
  try {
    for (let count = 1; count <= maxTokens && rows.length > 0; count++) {
      signal?.throwIfAborted();
      const scores = source.next();
      const steps = rows.map((row, place): Step => {
        const logits = scores[place];
        let choice: Float32Array = logits.subarray(0, drawable);
        if (processing) {
          const text = { ids: source.texts[place], generated: count - 1, maxTokens, stopTokens };
          choice = processLogits(choice, text, processing);
        }
        const id = drawToken(choice, filters, randoms[row]);
        const writer = writers[row] as TextWriter | undefined;
        const stopped = stopTokens.has(id) || writer?.push(id) === true;
        const finish = stopped ? 'stop' : count === maxTokens ? 'length' : undefined;
        const text = writer ? (finish ? writer.end() : writer.take()) : '';
        return { row, id, text, logits, finish };
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
export class Turns {
  #last = performance.now();

  async give(): Promise<void> {
    if (performance.now() - this.#last < PATIENCE) return;
    await setImmediate();
    this.#last = performance.now();
  }
}
