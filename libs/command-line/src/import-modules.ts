// `--import FILE`: modules of the user, such as one that defines a model, are imported before anything else.
import { fileURLToPath, pathToFileURL } from 'node:url';
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

/** Paths of the modules that were imported. */
const imported: string[] = [];

/** Where an error was thrown in an imported module: `/…/my-model.mjs:12:5`; undefined elsewhere. */
export function placeInImported({ stack = '' }: Error): string | undefined {
  const places = Array.from(stack.matchAll(/(\S+?):(\d+):(\d+)\)?$/gm), ([, file, line, column]) => {
    const path = file.replace(/^\(/, '');
    return { path: path.startsWith('file:') ? fileURLToPath(path) : path, line, column };
  });
  const found = places.find(({ path }) => imported.includes(path));
  return found && `${found.path}:${found.line}:${found.column}`;
}

/** Imports the module of every `--import` among the arguments. @throws Error naming a module that cannot be imported */
export async function importModules(args: readonly string[]): Promise<void> {
  for (const [i, arg] of args.entries()) {
    const file = arg === '--import' ? args[i + 1] : /^--import=(.*)/s.exec(arg)?.[1];
    if (file === undefined) continue;
    const path = resolveUserPath(file);
    try {
      imported.push(path);
      await import(pathToFileURL(path).href);
    } catch (error) {
      throw new Error(
        `--import: ${path} cannot be imported: ${(error as Error).message}. Expected a module that calls defineModel.`,
        { cause: error },
      );
    }
  }
}
