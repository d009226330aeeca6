import { projectConfig } from '../../vitest.shared.js';

export default projectConfig({
  onEveryEngine: [
    'src/architectures.test.ts',
    'src/attention-map.test.ts',
    'src/attention-maps.test.ts',
    'src/compare.test.ts',
    'src/experts.test.ts',
    'src/flops.test.ts',
    'src/gates.test.ts',
    'src/heads.test.ts',
    'src/perplexity.test.ts',
    'src/predictions.test.ts',
  ],
});
