import { describe, expect, it } from 'vitest';
import { Terminal } from './terminal.js';

function written(isTTY: boolean, use: (terminal: Terminal) => void): string {
  let all = '';
  const out = { isTTY, columns: 80, write: (text: string) => (all += text) };
  use(new Terminal(out as never));
  return all;
}

describe('progress on a terminal', () => {
  it('is repainted ten times a second at most, and at once after a printed line', () => {
    const shown = written(true, (terminal) => {
      terminal.progress('1');
      terminal.progress('2');
      terminal.print('line');
      terminal.progress('3');
    });
    expect(shown).toBe('\r1\x1b[K\r\x1b[Kline\n\r3\x1b[K');
  });
});

describe('control characters', () => {
  const hostile = 'a\x1b[2J\x1b]0;title\x07b\x9b31m\u0085\rc\td\r\ne\n';
  const shown = 'a\\x1b[2J\\x1b]0;title\\x07b\\x9b31m\\x85\\x0dc\td\r\ne\n';

  it('are shown as text on a terminal', () => {
    expect(written(true, (terminal) => terminal.write(hostile))).toBe(shown);
    expect(written(true, (terminal) => terminal.print(hostile))).toBe(`${shown}\n`);
    expect(written(true, (terminal) => terminal.progress('a\x1b[2Jb'))).toBe('\ra\\x1b[2Jb\x1b[K');
  });

  it('are kept in a file or pipe', () => {
    expect(written(false, (terminal) => terminal.write(hostile))).toBe(hostile);
  });
});
