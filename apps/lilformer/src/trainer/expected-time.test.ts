import { describe, expect, it } from 'vitest';
import { timeNotice } from './expected-time.js';

/** What is printed for these estimates. */
function notices(...etas: (number | undefined)[]): string[] {
  const lines: string[] = [];
  const announce = timeNotice({ note: (line) => lines.push(line!) });
  for (const eta of etas) announce(eta);
  return lines;
}

describe('the expected time of a training', () => {
  it('is printed once, after the first steps', () => {
    expect(notices(9000, 8000, 8000, 7600)).toEqual([]);
    const line = 'Expected time: 2h05m. Ctrl-C saves, for a later resume.';
    expect(notices(9000, 8000, 8000, 7600, 7500, 7400, 7300)).toEqual([line]);
  });

  it('is not printed below ten minutes, or where the number of steps is open', () => {
    expect(notices(9000, 800, 800, 700, 590, 590, 800)).toEqual([]);
    expect(notices(...Array<undefined>(9))).toEqual([]);
  });
});
