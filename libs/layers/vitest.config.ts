import { projectConfig } from '../../vitest.shared.js';

export default projectConfig({ onEveryEngine: ['src/**/*.test.ts'] });
