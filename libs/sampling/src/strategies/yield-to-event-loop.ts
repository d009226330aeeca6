// Lets timers, input and the screen run while a model generates.
import { yieldToEventLoop } from '@lilformer/engine';

/** Longest time in milliseconds between two turns of the event loop. */
const INTERVAL = 5;

/** A function to call after each token: it gives the event loop a turn when the last one is long enough ago. */
export function eventLoopYielder(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < INTERVAL) return;
    await yieldToEventLoop();
    last = performance.now();
  };
}
