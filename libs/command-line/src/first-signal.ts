// Signals that stop a program: the first one calls a function, the next one ends the process at once.
import { Worker } from 'node:worker_threads';

/** Ctrl-C, the request to end, a closed terminal, Ctrl-\, and Ctrl-Break of Windows. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGBREAK'] as const;

/**
 * Listens in a thread, which gives up listening at the first signal. From then on the operating system ends the process,
 * also while the main thread computes or waits for a file, when no listener of its own would run. Node has no public way to
 * listen for signals in a thread.
 */
const PROGRAM = `
  const { parentPort } = require('node:worker_threads');
  const { constants } = require('node:os');
  process.noDeprecation = true;
  const { Signal } = process.binding('signal_wrap');
  const listeners = [];
  for (const name of ${JSON.stringify(SIGNALS)}) {
    const listener = new Signal();
    listener.onsignal = () => {
      for (const each of listeners) each.close();
      parentPort.postMessage(name);
    };
    if (constants.signals[name] !== undefined && listener.start(constants.signals[name]) === 0) listeners.push(listener);
  }
  parentPort.postMessage('listening');
`;

/**
 * Calls `stop` at the first signal that asks the process to end; the default action of the next one ends it.
 * @returns a promise of the moment from which this holds while the main thread computes
 */
export function onFirstSignal(stop: () => void): Promise<void> {
  const thread = new Worker(PROGRAM, { eval: true, execArgv: [] });
  const ignore = (): void => {
    for (const signal of SIGNALS) process.removeListener(signal, stopHere);
  };
  const stopHere = (): void => {
    ignore();
    void thread.terminate();
    stop();
  };
  // Until the thread listens, and if it cannot.
  for (const signal of SIGNALS) process.on(signal, stopHere);
  return new Promise((resolve) => {
    thread.on('exit', () => resolve());
    thread.on('error', () => resolve()); // the listeners above remain
    thread.on('message', (message) => {
      if (message !== 'listening') return stop();
      ignore();
      thread.unref();
      resolve();
    });
  });
}
