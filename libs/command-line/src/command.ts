// A command from one schema: its flags, their checks and its help.
import type { z } from 'zod';
import { helpOfFlags, wrapped } from './help.js';
import { checkFlags } from './schema.js';
import { splitFlags } from './split.js';

export interface CommandAbout<S extends z.ZodObject> {
  /** What it does, in a sentence. */
  readonly summary: string;
  /** Lines as one would type them. */
  readonly examples: readonly string[];
  readonly flags: S;
  /** What else a person should know, a paragraph each. */
  readonly notes?: readonly string[];
}

export interface Command<T> {
  help(): string;
  /**
   * The values of the flags; `undefined` when help was asked for.
   * @throws Error with one line a mistake
   */
  parse(args: readonly string[]): T | undefined;
}

/** A command whose flags are those of a schema. */
export function defineCommand<S extends z.ZodObject>(about: CommandAbout<S>): Command<z.infer<S>> {
  const { summary, examples, flags, notes = [] } = about;
  return {
    help() {
      const parts = [
        wrapped(summary),
        examples.map((line) => `  ${line}`),
        notes.flatMap((note) => wrapped(note)),
      ].filter((lines) => lines.length > 0);
      return [...parts.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines])), ...helpOfFlags(flags)].join(
        '\n',
      );
    },
    parse(args) {
      const given = splitFlags(flags, args);
      return given && checkFlags(flags, given);
    },
  };
}
