import { projectConfig } from '../../vitest.shared.js';

export default projectConfig({
  onEveryEngine: [
    'src/optimization/golden.test.ts',
    'src/optimization/gradients.test.ts',
    'src/optimization/optimizer.test.ts',
    'src/loop/train.test.ts',
    'src/loop/resume-engines.test.ts',
  ],
});
