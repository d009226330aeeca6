#!/usr/bin/env node
// Starts the command: the compiled one of the package, or in a clone of the repository its sources.
import { existsSync } from 'node:fs';

const source = new URL('../src/main.ts', import.meta.url);
if (existsSync(source)) {
  const { runSources } = await import('./clone.js');
  await runSources(source);
} else {
  await import('../dist/main.js');
}
