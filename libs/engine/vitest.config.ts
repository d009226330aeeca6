import { projectConfig } from '../../vitest.shared.js';

export default projectConfig({
  onEveryEngine: ['src/gradients.test.ts', 'src/value-and-gradients.test.ts'],
});
