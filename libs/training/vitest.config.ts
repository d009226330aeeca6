import { projectConfig } from '../../vitest.shared.js';

export default projectConfig({
  onEveryEngine: [
    'src/golden.test.ts',
    'src/gradients.test.ts',
    'src/optimizer.test.ts',
    'src/train.test.ts',
    'src/resume-engines.test.ts',
  ],
});
