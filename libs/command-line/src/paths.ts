// Paths as a person means them: from where they stand, which is not where Nx starts the app.
import { relative, resolve } from 'node:path';

/** The absolute form of a path that is relative to where the command was typed. */
export function fromWhereTheyStand(path: string): string {
  return resolve(process.env.INIT_CWD || process.cwd(), path);
}

/** A path as a person would type it where they stand. */
export function asTheyWouldType(path: string): string {
  return relative(fromWhereTheyStand('.'), path) || '.';
}
