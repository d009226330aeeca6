// Lets timers, input and the screen run during long work.

/** What resolves the pending turns, in order. */
const waiting: (() => void)[] = [];
let channel: MessageChannel | undefined;

/** Resolves after other events that are due have been handled. */
export function yieldToEventLoop(): Promise<void> {
  if ('setImmediate' in globalThis) return new Promise((resolve) => setImmediate(resolve));
  // In a page: its timers wait for at least four milliseconds when they are nested.
  if (!channel) {
    channel = new MessageChannel();
    channel.port1.onmessage = () => waiting.shift()!();
  }
  return new Promise((resolve) => {
    waiting.push(resolve);
    channel!.port2.postMessage(undefined);
  });
}
