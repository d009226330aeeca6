// A command: flags, validation and help from one schema.
import type { z } from 'zod';
import { helpOfFlags, wrap } from './help.js';
import { checkFlags, splitFlags } from './parse-flags.js';

interface CommandDescription<S extends z.ZodObject> {
  /** What the command does, in a sentence. */
  readonly summary: string;
  readonly examples: readonly string[];
  readonly flags: S;
  /** Further paragraphs of the help. */
  readonly notes?: readonly string[];
}

export interface Command<T> {
  /** @param args the arguments beside `--help` */
  help(args?: readonly string[]): string;
  /**
   * The values of the flags; undefined with `--help`.
   * @throws Error with one line for each invalid flag
   */
  parse(args: readonly string[]): T | undefined;
}

export function defineCommand<S extends z.ZodObject>({
  summary,
  examples,
  flags,
  notes = [],
}: CommandDescription<S>): Command<z.infer<S>> {
  return {
    help() {
      const parts = [wrap(summary), examples.map((line) => `  ${line}`), notes.flatMap((note) => wrap(note))];
      const lines = parts.filter(({ length }) => length > 0).flatMap((part) => ['', ...part]);
      return [...lines.slice(1), ...helpOfFlags(flags)].join('\n');
    },
    parse(args) {
      const values = splitFlags(flags, args);
      return values && checkFlags(flags, values);
    },
  };
}
