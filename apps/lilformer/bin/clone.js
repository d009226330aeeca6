// Runs the command from the TypeScript sources of a clone of the repository.
import { register } from 'node:module';

/** Resolves the libraries to their sources. */
const conditions = `export function resolve(specifier, context, next) {
  return next(specifier, { ...context, conditions: ['@lilformer/source', ...context.conditions] });
}`;

/** Imports a TypeScript module, with the libraries' sources. */
export async function runSources(main) {
  const tsx = await import('tsx/esm/api');
  tsx.register();
  register(`data:text/javascript,${encodeURIComponent(conditions)}`);
  await import(main.href);
}
