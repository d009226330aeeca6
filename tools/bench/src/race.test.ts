import { describe, expect, it, vi } from 'vitest';
import { race, remaining, type Entry } from './race.js';

const quiet = () => vi.spyOn(process.stderr, 'write').mockReturnValue(true);

function entries(names: readonly string[], run: (name: string) => Promise<void> | void): Entry[] {
  return names.map((name) => ({
    subject: name.split(' ')[0],
    contestant: name.split(' ')[1],
    run: async () => run(name),
  }));
}

describe('race', () => {
  it('runs all entries in every round, one at a time', async () => {
    quiet();
    const ran: string[] = [];
    const between: unknown[] = [];
    const outcome = await race(
      entries(['gpt ours', 'gpt eager', 'moe ours'], (name) => void ran.push(name)),
      2,
      async (soFar) => void between.push(soFar, ran.length),
    );
    expect(between).toEqual([{ failures: {}, rounds: 1, interrupted: true }, 3]);
    expect(ran).toEqual(['gpt ours', 'gpt eager', 'moe ours', 'gpt ours', 'gpt eager', 'moe ours']);
    expect(outcome).toEqual({ failures: {}, rounds: 2, interrupted: false });
  });

  it('continues after a failure and does not retry it', async () => {
    quiet();
    const ran: string[] = [];
    const outcome = await race(
      entries(['gpt ours', 'gpt compile'], (name) => {
        ran.push(name);
        if (name === 'gpt compile') throw new Error('no such workload');
      }),
      3,
    );
    expect(ran).toEqual(['gpt ours', 'gpt compile', 'gpt ours', 'gpt ours']);
    expect(outcome.failures).toEqual({ 'gpt: compile': 'no such workload' });
    expect(outcome.rounds).toBe(3);
  });

  it('stops on Ctrl-C with the results so far', async () => {
    quiet();
    const ran: string[] = [];
    const list: Entry[] = ['a', 'b', 'c'].map((subject) => ({
      subject,
      contestant: 'ours',
      run: (signal) => {
        ran.push(subject);
        if (subject !== 'b' || ran.length < 4) return Promise.resolve();
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
          process.emit('SIGINT');
        });
      },
    }));
    const listeners = process.listenerCount('SIGINT');
    expect(await race(list, 5)).toEqual({ failures: {}, rounds: 1, interrupted: true });
    expect(ran).toEqual(['a', 'b', 'c', 'a', 'b']);
    expect(process.listenerCount('SIGINT')).toBe(listeners);
  });
});

describe('remaining', () => {
  it('uses the last duration of an entry, or the mean', () => {
    const [a, b, c] = entries(['a ours', 'b ours', 'c ours'], () => undefined);
    const seconds = new Map([
      [a, 10],
      [b, 20],
    ]);
    expect(remaining([a, b, c], seconds)).toBe(45);
    expect(remaining([a], new Map())).toBeUndefined();
  });
});
