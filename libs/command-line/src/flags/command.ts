// A command: flags, validation and help from one schema.
import { z } from 'zod';
import { readConfig } from './config-file.js';
import { helpExample, helpOfFlags, helpText } from './help.js';
import { commonFlags } from './output-flags.js';
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
  /** All flags. */
  schema(): z.ZodObject;
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
  const all = z.object({ ...flags.shape, ...commonFlags });
  return {
    schema: () => all,
    help() {
      const parts = [helpText(summary), examples.flatMap(helpExample), notes.flatMap(helpText)];
      const lines = parts.filter(({ length }) => length > 0).flatMap((part) => ['', ...part]);
      return [...lines.slice(1), ...helpOfFlags(all)].join('\n');
    },
    parse(args) {
      const typed = splitFlags(all, args);
      return typed && checkFlags(flags, { ...readConfig(all, typed.config).values, ...typed });
    },
  };
}
