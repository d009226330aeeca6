import { setImmediate } from 'node:timers/promises';

/** Lets pending timers, signals and input run: a loop that only computes would never receive Ctrl-C. */
export const yieldToEventLoop = () => setImmediate();
