// The conformance suite: tests that every implementation of the kernels passes.
import { beforeAll, describe, it } from 'vitest';
import { kernelNames } from '../arguments.js';
import type { Implementation } from './implementation.js';
import { testsOf } from './tests.js';

export type { Implementation } from './implementation.js';

/**
 * Registers the suite with vitest: random calls of every kernel are compared with the reference, and calls with arguments that
 * do not fit have to throw.
 *
 * @param name the name of the implementation
 * @param open opens the implementation, once
 */
export function conformance(name: string, open: () => Implementation | Promise<Implementation>): void {
  describe(`${name} kernels`, () => {
    let implementation: Implementation;
    beforeAll(async () => {
      implementation = await open();
    });
    describe.each(kernelNames())('%s', (kernel) => {
      for (const { title, run } of testsOf(kernel)) it(title, () => run(implementation));
    });
  });
}
