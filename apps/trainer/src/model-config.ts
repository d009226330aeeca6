// From settings to the sizes a model takes: each kind has only the settings that concern it.
import type { ModelConfig } from '@lilformer/models';
import type { Settings } from './settings.js';

/** What `createModel` needs. */
export function modelConfig(settings: Settings, vocabSize: number): ModelConfig {
  const { dModel, dFf, layers: nLayers, heads: nHeads, experts: nExperts, context: contextLength } = settings;
  const { embedSize, hiddenSize, dropout, attentionScale, attention, positions, router } = settings;
  switch (settings.model) {
    case 'bigram':
      return { type: 'bigram', vocabSize, dModel };
    case 'attention':
    case 'positional-attention':
      return { type: settings.model, vocabSize, dModel, contextLength };
    case 'attention-ffn':
    case 'transformer':
      return { type: settings.model, vocabSize, dModel, dFf, contextLength };
    case 'stacked-transformer':
      return { type: settings.model, vocabSize, dModel, dFf, nLayers, contextLength };
    case 'multi-head-transformer':
      return { type: settings.model, vocabSize, dModel, dFf, nLayers, nHeads, contextLength };
    case 'tiny-transformer':
      return { type: settings.model, vocabSize, dModel, dFf, nLayers, nHeads, contextLength, positions };
    case 'moe-transformer':
      return {
        type: settings.model,
        vocabSize,
        dModel,
        dFf,
        nLayers,
        nHeads,
        nExperts,
        contextLength,
        router,
      };
    case 'simple-rnn':
    case 'gru':
      return { type: settings.model, vocabSize, embedSize, hiddenSize };
    case 'multi-layer-rnn':
      return { type: settings.model, vocabSize, embedSize, hiddenSize, nLayers };
    case 'tied-transformer':
      return { type: settings.model, vocabSize, dModel, nLayers, nHeads, contextLength, attention };
    case 'nano-gpt':
      return { type: settings.model, vocabSize, dModel, nLayers, nHeads, contextLength, dropout };
    case 'gpt2':
      return {
        type: settings.model,
        vocabSize,
        nEmbd: dModel,
        nLayer: nLayers,
        nHead: nHeads,
        nPositions: contextLength,
        embdPdrop: dropout,
        attnPdrop: dropout,
        residPdrop: dropout,
      };
    case 'char-gpt':
      return {
        type: settings.model,
        vocabSize,
        dModel,
        nLayers,
        nHeads,
        contextLength,
        dropout,
        attentionScale,
      };
    default:
      throw new Error(`--model ${settings.model}: expected a model that can be trained`);
  }
}
