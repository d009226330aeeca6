// Explanations of kinds of architectures and of attention. Which of them apply to a model is computed.
import type { ArchitectureFacts } from '@lilformer/evaluation';

type Kind = ArchitectureFacts['kind'];
type AttentionKind = ArchitectureFacts['attention'][number]['kind'];

/** What an architecture is, and what follows for its use. */
export const ARCHITECTURES: Readonly<Record<Kind, readonly string[]>> = {
  decoder: [
    'One stack with causal attention, trained to predict the next token of plain text.',
    'Generates text token by token; keys and values of earlier tokens are cached.',
    'A token cannot attend to later tokens, also where they are known.',
  ],
  encoder: [
    'One stack with bidirectional attention, trained to predict masked tokens.',
    'Gives a vector per token and one per sequence: for classification, tagging and retrieval.',
    'Does not generate text; each task needs a head of its own.',
  ],
  'encoder-decoder': [
    'An encoder for the input and a decoder for the output, which attends to the encoder.',
    'Transforms a sequence into another: translation, summaries. The input is encoded once.',
    'Needs pairs of sequences, or a denoising objective that makes them.',
  ],
};

/** What a kind of attention is. */
export const ATTENTION: Readonly<Record<AttentionKind, string>> = {
  masked:
    'masked self-attention: a token attends to itself and to earlier tokens. All positions are trained at once, and cached keys and values stay valid as the sequence grows.',
  unmasked: 'unmasked self-attention: a token attends to the whole sequence, before and after it.',
  cross: "cross-attention: queries of the decoder, keys and values of the encoder's output.",
};

/** Training objectives by model type. */
export const OBJECTIVES: Readonly<Record<string, string>> = {
  gpt2: 'next token',
  bert: 'masked tokens (15 %), next sentence',
  bart: 'restore a text with masked spans',
  t5: 'masked spans; tasks as text',
};
