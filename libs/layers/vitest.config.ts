import { projectConfig } from '../../vitest.shared.js';

export default projectConfig({
  onEveryEngine: [
    'src/layers.test.ts',
    'src/module.test.ts',
    'src/parameter.test.ts',
    'src/relative-positions.test.ts',
    'src/recurrent.test.ts',
    'src/gru-cell.test.ts',
  ],
});
