// Tensors without elements whose other dimensions are long: testing/empty-shapes.ts in a process of its own, which a loop
// would keep busy for ever.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openEngine } from '@lilformer/engine';
import { expect, it } from 'vitest';

const hasNative = (await openEngine()).name === 'native';

it.skipIf(!hasNative)(
  'no operation of the native engine loops over the dimensions of an empty tensor',
  () => {
    const program = fileURLToPath(new URL('./testing/empty-shapes.ts', import.meta.url));
    const { status, signal, stdout, stderr } = spawnSync(
      process.execPath,
      ['--conditions=@lilformer/source', '--import', 'tsx', program],
      { encoding: 'utf8', timeout: 120_000 },
    );
    const last = stdout.trimEnd().split('\n').at(-1);
    expect(status, `ended by ${signal ?? status} in ${last}\n${stderr}`).toBe(0);
  },
  150_000,
);
