import { describe, expect, it } from 'vitest';
import { withSections } from './page.js';

describe('withSections', () => {
  it('appends the output and figures of commands', () => {
    const shown = {
      heading: 'Heads',
      about: 'Which does what.',
      command: 'npx nx run evaluator:evaluate',
      output:
        '\n10 windows | eta 5s\nstart a\ndone a | valid 5.58 | 2s | 1/1\nskip b | done before\nhead 0: before\n\n\n\nhead 1: itself\nfigure: x/heads.svg\n',
      figures: ['heads/layer-0.svg'],
      more: ['heads/attention.html', 'heads/layer-1.svg'],
    };
    expect(withSections('# Title\n\nNumbers.\n', [shown], 'discussion.md')).toBe(
      [
        '# Title',
        '[Discussion](discussion.md) of these numbers.',
        'Numbers.',
        '## Heads',
        'Which does what.',
        '`npx nx run evaluator:evaluate` prints:',
        '```text\nhead 0: before\n\nhead 1: itself\n```',
        '![layer 0](heads/layer-0.svg)',
        'More: [attention, interactive page](heads/attention.html), [layer 1](heads/layer-1.svg).\n',
      ].join('\n\n'),
    );
  });
});
