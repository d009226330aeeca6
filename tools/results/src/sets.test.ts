import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { programOf, workspace } from './program.js';
import { HERE, SETS } from './sets.js';

describe('the sets', () => {
  it.each(Object.entries(SETS))(
    '%s has existing commands and files, and reports into the page first',
    (_, { steps, title }) => {
      for (const { target, args } of steps) {
        const [file] = programOf(target).filter((word) => /\.[jt]s$/.test(word));
        expect(existsSync(join(workspace, file)) || existsSync(file), target).toBe(true);
        for (const arg of args.filter((arg) => arg.endsWith('.json'))) {
          expect(existsSync(join(workspace, arg)), arg).toBe(true);
        }
      }
      const reports = steps.flatMap(({ args }) =>
        args.includes('--report') ? [args[args.indexOf('--report') + 1]] : [],
      );
      expect(reports[0]).toBe(title === undefined ? HERE : undefined);
      expect(new Set(reports).size).toBe(reports.length);
    },
  );

  it('rejects unknown targets', () => {
    expect(() => programOf('painter:paint')).toThrow('painter:paint: no such app or tool');
    expect(() => programOf('trainer:paint')).toThrow('trainer:paint: trainer has no target paint');
  });
});
