// Flags that several commands of the evaluator have.
import { engineFlags, fileFlags, figureFormats, flag, oneOf, text } from '@lilformer/command-line';
import { z } from 'zod';

/** A trained model. */
export const modelFlags = {
  run: flag(
    {
      value: 'PATH',
      help: 'a run folder, as `train` prints it (of a folder of runs, the best), or a .pt, .pth or .safetensors file',
    },
    text('a run folder or a file of weights'),
  ),
};

/** What computes, and what a file of weights does not tell. */
export const modelDetails = { ...fileFlags, ...engineFlags };

const format = flag(
  { group: 'Figures', value: 'KIND', many: true, help: 'svg or png; may be given twice' },
  z.array(oneOf(...figureFormats)).default(['svg']),
);

/** Where figures go, if there are to be any. */
export const figureFlags = {
  figures: flag(
    { group: 'Figures', value: 'FOLDER', help: 'where figures go; without it there are none' },
    text().optional(),
  ),
  format,
};

/** Where figures go when they are the point. */
export const mainFigureFlags = {
  figures: flag({ group: 'Figures', value: 'FOLDER', help: 'where figures go' }, text().default('attention')),
  format,
};
