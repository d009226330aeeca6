import { projectConfig } from '../../vitest.shared.js';

export default projectConfig({
  onEveryEngine: ['src/autograd/*.test.ts'],
});
