import { projectConfig } from '../../vitest.shared.js';

export default projectConfig({
  onEveryEngine: [
    'src/golden.test.ts',
    'src/language-model.test.ts',
    'src/recurrent.test.ts',
    'src/attention-paths.test.ts',
    'src/gpt2.test.ts',
    'src/variants.test.ts',
    'src/bert.test.ts',
    'src/encoder-decoder-model.test.ts',
  ],
});
