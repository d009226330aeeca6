import { projectConfig } from '../../vitest.shared.js';

export default projectConfig({
  onEveryEngine: [
    'src/golden.test.ts',
    'src/properties.test.ts',
    'src/attention/*.test.ts',
    'src/dropout/residual.test.ts',
    'src/linear/*.test.ts',
    'src/optimizers/*.test.ts',
    'src/recurrent/*.test.ts',
    'src/support/*.test.ts',
  ],
});
