// Paths relative to the folder in which the command was typed. Nx starts apps in the workspace root.
import { relative, resolve } from 'node:path';

/** The absolute path of a path that the user typed. */
export function resolveUserPath(path: string): string {
  return resolve(process.env.INIT_CWD || process.cwd(), path);
}

/** An absolute path as the user would type it. */
export function displayPath(path: string): string {
  return relative(resolveUserPath('.'), path) || '.';
}
