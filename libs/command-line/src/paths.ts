// Paths relative to the folder in which the command was typed.
import { relative, resolve } from 'node:path';

/** The absolute path of a path that the user typed. */
export function resolveUserPath(path: string): string {
  return resolve(callersFolder(), path);
}

/** An absolute path as the user would type it. */
export function displayPath(path: string): string {
  return relative(resolveUserPath('.'), path) || '.';
}

/**
 * The current folder; under Nx, which starts its tasks in the root of the workspace, the one in which Nx was started. npm sets
 * INIT_CWD as well, for all processes below it, but starts commands in the right folder.
 */
function callersFolder(): string {
  const { NX_TASK_TARGET_PROJECT, INIT_CWD } = process.env;
  return (NX_TASK_TARGET_PROJECT && INIT_CWD) || process.cwd();
}
