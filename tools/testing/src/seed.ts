// Runs before every test file: in CI, properties are tried on the same random inputs each time, so that a
// change is never blamed for another's; everywhere else on new ones each time. LILFORMER_SEED fixes them too.
import fc from 'fast-check';

const seed = process.env.LILFORMER_SEED ?? (process.env.CI ? '20200' : undefined);
if (seed !== undefined) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });
