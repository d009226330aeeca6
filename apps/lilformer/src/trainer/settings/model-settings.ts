// Settings that come from model definitions: flags, help and checks of their config fields.
import { didYouMean, flag, flagName } from '@lilformer/command-line';
import {
  fieldInfo,
  modelDefinition,
  modelDefinitions,
  type ModelConfig,
  type ModelDefinition,
} from '@lilformer/models';
import { z } from 'zod';

/** Larger than any vocabulary: model fields are checked before there is a tokenizer. */
const PROVISIONAL_VOCAB_SIZE = 2 ** 24;

/** Models that the trainer can train. */
function trainable(): ModelDefinition[] {
  return [...modelDefinitions().values()].filter(({ causal = true }) => causal);
}

function definitionOf(type: string): ModelDefinition {
  const definition = trainable().find((one) => one.type === type);
  if (definition) return definition;
  const known = trainable().map((one) => one.type);
  throw new Error(
    `--model: ${type} is not a model to train.${didYouMean(type, known)} Expected one of ${known.join(', ')}, or --import FILE that defines it.`,
  );
}

/** Whether a type is the name of a published model on the Hugging Face Hub as well. */
export function isPublished(type: string): boolean {
  return definitionOf(type).huggingFace?.modelType === type;
}

/** The field for the longest sequence, if the model has one; `--context-length` sets it. */
function contextField({ contextField = 'contextLength' }: ModelDefinition): string {
  return contextField;
}

/** Names of the settings of a model. @throws Error when there is no such model */
export function fieldsOf(type: string): string[] {
  const definition = definitionOf(type);
  const set = ['vocabSize', contextField(definition)];
  return Object.keys(definition.config.shape).filter((name) => !set.includes(name));
}

/** Types of the models that have a setting. */
export function modelsWith(name: string): string[] {
  return trainable()
    .map(({ type }) => type)
    .filter((type) => fieldsOf(type).includes(name));
}

/** The config of a model. @throws RangeError naming each field that is out of range */
export function modelConfig(
  type: string,
  values: Readonly<Record<string, unknown>>,
  contextLength: number,
  vocabSize: number,
): ModelConfig {
  const definition = modelDefinition(type);
  const { shape } = definition.config;
  const set: Record<string, unknown> = { vocabSize, [contextField(definition)]: contextLength };
  const fields = Object.keys(shape).flatMap((name) => {
    const value = set[name] ?? values[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return definition.config.parse(Object.fromEntries(fields) as never);
}

/** The values of a model's settings with their defaults; mistakes are added to `mistakes`. */
export function checkModelFields(
  type: string,
  given: Readonly<Record<string, unknown>>,
  contextLength: number,
  mistakes: string[],
): Record<string, unknown> {
  const { shape } = definitionOf(type).config;
  const values: Record<string, unknown> = {};
  for (const name of fieldsOf(type)) {
    const field = shape[name] as z.ZodType;
    const value = name in given ? fromText(field, given[name]) : field.safeParse(undefined).data;
    if (value !== undefined) values[name] = value;
  }
  try {
    modelConfig(type, values, contextLength, PROVISIONAL_VOCAB_SIZE);
  } catch (error) {
    mistakes.push((error as Error).message);
  }
  return values;
}

/** A value as typed on the command line as the field's type. */
function fromText(field: z.ZodType, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const type = typeOf(field);
  if (type === 'number') return value.trim() === '' ? NaN : Number(value.replaceAll('_', ''));
  if (type === 'boolean') return { true: true, false: false }[value] ?? value;
  return value;
}

function typeOf(field: z.ZodType): string {
  const { type, innerType } = field.def as { type: string; innerType?: z.ZodType };
  return innerType ? typeOf(innerType) : type;
}

/** Flags for the fields of one model, or of all models with the types that have them. */
export function modelFlags(type?: string): z.ZodRawShape {
  const flags: Record<string, z.ZodType> = {};
  for (const definition of type === undefined ? trainable() : [definitionOf(type)]) {
    for (const name of fieldsOf(definition.type)) {
      const field = definition.config.shape[name] as z.ZodType;
      const { help } = fieldInfo(field);
      const value = { number: 'N', boolean: 'true|false' }[typeOf(field)] ?? 'KIND';
      const models = type === undefined ? ` (${modelsWith(name).join(', ')})` : '';
      const fallback = field.safeParse(undefined).data as unknown;
      flags[name] ??= flag(
        { group: 'Settings of models', value, help: help + models },
        fallback === undefined ? z.unknown().optional() : z.unknown().default(fallback),
      );
    }
  }
  return flags;
}

/** One help entry per model: its type, what it is, and the settings that it takes. */
export function modelSummaries(): [type: string, summary: string][] {
  return trainable().map(({ type, summary }) => [
    type,
    `${summary}: ${fieldsOf(type).map(flagName).join(', ')}`,
  ]);
}
