import { projectConfig } from '../../vitest.shared.js';

export default projectConfig({
  onEveryEngine: [
    'src/golden.test.ts',
    'src/pretrained.test.ts',
    'src/all-models.test.ts',
    'src/generate.test.ts',
  ],
});
