import { projectConfig } from '../../vitest.shared.js';

export default projectConfig({
  onEveryEngine: [
    'src/golden.test.ts',
    'src/bf16-matrix.test.ts',
    'src/attention.test.ts',
    'src/cached-attention.test.ts',
    'src/recurrent.test.ts',
    'src/properties.test.ts',
    'src/differentiable.test.ts',
    'src/kept.test.ts',
    'src/add-gradients.test.ts',
    'src/optimizers.test.ts',
    'src/residual.test.ts',
    'src/cached-attention.test.ts',
    'src/stack-rows.test.ts',
  ],
});
