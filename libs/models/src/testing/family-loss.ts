// Batches and losses of the pretrained families; each takes labels in its own way.
import type { NamedArray } from '@lilformer/checkpoints';
import { tf } from '@lilformer/engine';
import {
  BertForMaskedLM,
  EncoderDecoderModel,
  type BartForConditionalGeneration,
  type GPT2LMHeadModel,
  type T5ForConditionalGeneration,
} from '../index.js';
import { idTensor } from './golden-case.js';
import { maskTensor } from './hugging-face-case.js';

/** A model with a loss. */
export type Trainable =
  GPT2LMHeadModel | BertForMaskedLM | BartForConditionalGeneration | T5ForConditionalGeneration;

/** Logits, and the loss with labels as transformers takes them. */
export function lossOf(
  model: Trainable,
  inputs: ReadonlyMap<string, NamedArray>,
): { logits: () => tf.Tensor; loss: () => tf.Scalar; dispose: () => void } {
  const ids = idTensor(inputs.get('input_ids'));
  const labels = idTensor(inputs.get('labels'));
  const paddingMask = maskTensor(inputs.get('attention_mask'));
  const shared = [ids, labels, paddingMask];
  if (model instanceof EncoderDecoderModel) {
    return {
      logits: () => tf.tidy(() => model.forward(ids, model.shiftedRight(labels), { paddingMask })),
      loss: () => model.loss(ids, labels, { paddingMask }),
      dispose: () => tf.dispose(shared),
    };
  }
  if (model instanceof BertForMaskedLM) {
    const tokenTypeIds = idTensor(inputs.get('token_type_ids'));
    const options = { paddingMask, tokenTypeIds };
    return {
      logits: () => model.forward(ids, options),
      loss: () => model.loss(ids, labels, options),
      dispose: () => tf.dispose([...shared, tokenTypeIds]),
    };
  }
  // transformers shifts labels itself; our targets are the next tokens.
  const targets = tf.tidy(() =>
    tf.pad(
      tf.slice(labels, [0, 1]),
      [
        [0, 0],
        [0, 1],
      ],
      -100,
    ),
  );
  return {
    logits: () => model.forward(ids, { paddingMask }),
    loss: () => model.loss(ids, targets, { paddingMask }),
    dispose: () => tf.dispose([...shared, targets]),
  };
}
