import { projectConfig } from '../../vitest.shared.js';

export default projectConfig({
  onEveryEngine: [
    'src/golden.test.ts',
    'src/core/language-model.test.ts',
    'src/core/relative-positions.test.ts',
    'src/recurrent.test.ts',
    'src/attention-paths.test.ts',
    'src/gpt2.test.ts',
    'src/variants.test.ts',
    'src/bert.test.ts',
    'src/core/encoder-decoder-model.test.ts',
  ],
});
