import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Terminal } from '../output/terminal.js';
import { defineCommand } from './command.js';
import { jsonFlags, outputMode } from './output-flags.js';

function written(args: readonly string[], isTTY = false): string {
  let all = '';
  const out = { isTTY, columns: 80, write: (text: string) => (all += text) };
  const terminal = new Terminal(out as never, outputMode(args));
  terminal.note('Engine: native');
  terminal.progress('1 of 2', 0);
  terminal.print('loss 0.25');
  terminal.write('text');
  terminal.json({ loss: 0.25, missing: NaN });
  return all;
}

describe('--quiet', () => {
  it('leaves results only', () => {
    expect(written([])).toBe('Engine: native\n1 of 2\nloss 0.25\ntext');
    expect(written(['--quiet'])).toBe('loss 0.25\ntext');
    expect(written(['--quiet'], true)).toBe('loss 0.25\ntext');
  });

  it('is a flag of every command', () => {
    const command = defineCommand({ summary: 'Bakes.', examples: [], flags: z.object({}) });
    expect(command.parse(['--quiet'])).toEqual({});
    expect(() => command.parse(['--quite'])).toThrow('--quite: unknown flag. Did you mean --quiet?');
    expect(command.help()).toContain('--quiet');
  });
});

describe('--json', () => {
  it('writes values only, one a line', () => {
    expect(written(['--json'])).toBe('{"loss":0.25,"missing":null}\n');
    expect(written(['--json', '--quiet'])).toBe('{"loss":0.25,"missing":null}\n');
    expect(written(['--prompt=--json'])).toContain('loss 0.25\n');
  });

  it('is refused by commands without values', () => {
    const bakes = { summary: 'Bakes.', examples: [] };
    expect(() => defineCommand({ ...bakes, flags: z.object({}) }).parse(['--json'])).toThrow(
      '--json: unknown flag.',
    );
    expect(defineCommand({ ...bakes, flags: z.object(jsonFlags) }).parse(['--json'])).toMatchObject({
      json: true,
    });
  });
});
