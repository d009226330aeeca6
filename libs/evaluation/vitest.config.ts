import { projectConfig } from '../../vitest.shared.js';

export default projectConfig({
  onEveryEngine: ['src/perplexity.test.ts'],
});
