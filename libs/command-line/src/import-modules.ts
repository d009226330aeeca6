// `--import FILE`: modules of the user, such as one that defines a model, are imported before anything else.
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { flag, text } from './flags/flag.js';
import { resolveUserPath } from './paths.js';

/** The flag of {@link importModules}. */
export const importFlags = {
  import: flag(
    {
      group: 'Custom models',
      value: 'FILE',
      many: true,
      help: 'JavaScript or TypeScript module that defines a model with defineModel; may be repeated',
    },
    z.array(text('a file')).optional(),
  ),
};

/** Imports the module of every `--import` among the arguments. @throws Error naming a module that cannot be imported */
export async function importModules(args: readonly string[]): Promise<void> {
  for (const [i, arg] of args.entries()) {
    const file = arg === '--import' ? args[i + 1] : /^--import=(.*)/s.exec(arg)?.[1];
    if (file === undefined) continue;
    const path = resolveUserPath(file);
    try {
      await import(pathToFileURL(path).href);
    } catch (error) {
      throw new Error(
        `--import: ${path} cannot be imported: ${(error as Error).message}. Expected a module that calls defineModel.`,
        { cause: error },
      );
    }
  }
}
