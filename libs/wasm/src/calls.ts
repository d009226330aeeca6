// Generated from libs/native/rust/kernels/src/calls by its scripts/generate-calls.mjs; not to be edited.
import type { Kernels } from '@lilformer/kernels';
import type { Instance } from './instance.js';

/** The kernels of an instance. */
export function kernelsOf(instance: Instance): Kernels {
  return {
    activationForward: (call) => void instance.start().input(call.x).output(call.y).number(call.kind).call(0),
    activationBackward: (call) =>
      void instance.start().input(call.dy).input(call.x).output(call.dx).number(call.kind).call(1),
    attentionForward: (call) =>
      void instance
        .start()
        .input(call.q)
        .input(call.k)
        .input(call.v)
        .input(call.visible)
        .input(call.bias)
        .output(call.output)
        .output(call.logSums)
        .number(call.batch)
        .number(call.heads)
        .number(call.queries)
        .number(call.keys)
        .number(call.headDim)
        .boolean(call.causal)
        .number(call.scale)
        .number(call.rate)
        .number(call.seed)
        .number(call.counter)
        .call(2),
    attentionPackedForward: (call) =>
      void instance
        .start()
        .input(call.qkv)
        .input(call.visible)
        .input(call.bias)
        .output(call.output)
        .output(call.logSums)
        .number(call.batch)
        .number(call.heads)
        .number(call.length)
        .number(call.headDim)
        .boolean(call.causal)
        .number(call.scale)
        .number(call.rate)
        .number(call.seed)
        .number(call.counter)
        .call(3),
    attentionBackward: (call) =>
      void instance
        .start()
        .input(call.q)
        .input(call.k)
        .input(call.v)
        .input(call.visible)
        .input(call.bias)
        .input(call.output)
        .input(call.logSums)
        .input(call.dOutput)
        .output(call.dq)
        .output(call.dk)
        .output(call.dv)
        .output(call.dBias)
        .number(call.batch)
        .number(call.heads)
        .number(call.queries)
        .number(call.keys)
        .number(call.headDim)
        .boolean(call.causal)
        .number(call.scale)
        .number(call.rate)
        .number(call.seed)
        .number(call.counter)
        .call(4),
    attentionPackedBackward: (call) =>
      void instance
        .start()
        .input(call.qkv)
        .input(call.visible)
        .input(call.bias)
        .input(call.output)
        .input(call.logSums)
        .input(call.dOutput)
        .output(call.dQkv)
        .output(call.dBias)
        .number(call.batch)
        .number(call.heads)
        .number(call.length)
        .number(call.headDim)
        .boolean(call.causal)
        .number(call.scale)
        .number(call.rate)
        .number(call.seed)
        .number(call.counter)
        .call(5),
    cachedAttention: (call) =>
      void instance
        .start()
        .input(call.q)
        .input(call.keys)
        .input(call.values)
        .input(call.visible)
        .input(call.bias)
        .output(call.output)
        .number(call.batch)
        .number(call.heads)
        .number(call.tokens)
        .number(call.length)
        .number(call.capacity)
        .number(call.headDim)
        .boolean(call.causal)
        .number(call.scale)
        .call(6),
    crossEntropyForward: (call) =>
      instance
        .start()
        .input(call.logits)
        .input(call.targets)
        .output(call.losses)
        .output(call.logSums)
        .number(call.rows)
        .number(call.classes)
        .number(call.ignored)
        .call(7),
    crossEntropyBackward: (call) =>
      void instance
        .start()
        .input(call.logits)
        .input(call.targets)
        .input(call.logSums)
        .input(call.dy)
        .output(call.dx)
        .number(call.rows)
        .number(call.classes)
        .number(call.ignored)
        .number(call.share)
        .call(8),
    linearCrossEntropy: (call) =>
      instance
        .start()
        .input(call.x)
        .input(call.weight)
        .input(call.bias)
        .input(call.targets)
        .output(call.dx)
        .output(call.dWeight)
        .output(call.dBias)
        .number(call.rows)
        .number(call.inputs)
        .number(call.classes)
        .number(call.ignored)
        .number(call.share)
        .boolean(call.bf16)
        .call(9),
    dropout: (call) =>
      void instance
        .start()
        .input(call.x)
        .input(call.base)
        .output(call.y)
        .number(call.rows)
        .number(call.columns)
        .number(call.rate)
        .number(call.seed)
        .number(call.counter)
        .call(10),
    residualAdd: (call) => void instance.start().input(call.x).input(call.y).output(call.sum).call(11),
    binary: (call) =>
      void instance
        .start()
        .input(call.a)
        .input(call.b)
        .output(call.y)
        .input(call.sizes)
        .number(call.operation)
        .number(call.aVaries)
        .number(call.bVaries)
        .call(12),
    unary: (call) =>
      void instance
        .start()
        .input(call.x)
        .output(call.y)
        .number(call.operation)
        .number(call.p)
        .number(call.q)
        .call(13),
    accumulate: (call) => void instance.start().input(call.x).output(call.y).call(14),
    select: (call) =>
      void instance.start().input(call.condition).input(call.yes).input(call.no).output(call.y).call(15),
    oneHot: (call) =>
      void instance
        .start()
        .input(call.indices)
        .output(call.y)
        .number(call.depth)
        .number(call.on)
        .number(call.off)
        .call(16),
    embeddingForward: (call) =>
      instance
        .start()
        .input(call.ids)
        .input(call.table)
        .input(call.places)
        .output(call.y)
        .number(call.tokens)
        .number(call.rows)
        .number(call.period)
        .number(call.width)
        .call(17),
    embeddingBackward: (call) =>
      void instance
        .start()
        .input(call.ids)
        .input(call.dy)
        .output(call.dTable)
        .output(call.dPlaces)
        .number(call.tokens)
        .number(call.rows)
        .number(call.period)
        .number(call.width)
        .call(18),
    gatherRows: (call) =>
      void instance.start().inputs(call.from).input(call.index).outputs(call.to).number(call.width).call(19),
    transpose: (call) =>
      void instance.start().input(call.x).output(call.y).input(call.shape).input(call.order).call(20),
    copy: (call) =>
      void instance
        .start()
        .input(call.x)
        .output(call.y)
        .input(call.parts)
        .number(call.xStart)
        .number(call.yStart)
        .call(21),
    gather: (call) =>
      instance
        .start()
        .input(call.x)
        .input(call.indices)
        .output(call.y)
        .number(call.batch)
        .number(call.outer)
        .number(call.rows)
        .number(call.inner)
        .call(22) === 1,
    linearForward: (call) =>
      void instance
        .start()
        .input(call.x)
        .input(call.weight)
        .input(call.bias)
        .output(call.y)
        .output(call.preActivation)
        .number(call.rows)
        .number(call.inputs)
        .number(call.outputs)
        .number(call.activation)
        .boolean(call.bf16)
        .call(23),
    linearForward16: (call) =>
      void instance
        .start()
        .input(call.x)
        .input(call.weight)
        .input(call.bias)
        .output(call.y)
        .number(call.rows)
        .number(call.inputs)
        .number(call.outputs)
        .number(call.activation)
        .boolean(call.bf16)
        .call(24),
    linearBackward: (call) =>
      void instance
        .start()
        .input(call.dy)
        .input(call.x)
        .input(call.weight)
        .input(call.kept)
        .output(call.dx)
        .output(call.dWeight)
        .output(call.dBias)
        .number(call.rows)
        .number(call.inputs)
        .number(call.outputs)
        .number(call.activation)
        .boolean(call.bf16)
        .call(25),
    matmul: (call) =>
      void instance
        .start()
        .input(call.a)
        .input(call.b)
        .input(call.bias)
        .output(call.c)
        .input(call.aOf)
        .input(call.bOf)
        .number(call.aCount)
        .number(call.bCount)
        .number(call.m)
        .number(call.n)
        .number(call.k)
        .boolean(call.aTransposed)
        .boolean(call.bTransposed)
        .number(call.activation)
        .call(31),
    layerNormForward: (call) =>
      void instance
        .start()
        .input(call.x)
        .input(call.added)
        .input(call.weight)
        .input(call.bias)
        .output(call.sum)
        .output(call.y)
        .output(call.statistics)
        .number(call.rows)
        .number(call.width)
        .number(call.epsilon)
        .call(32),
    rmsNormForward: (call) =>
      void instance
        .start()
        .input(call.x)
        .input(call.added)
        .input(call.weight)
        .output(call.sum)
        .output(call.y)
        .output(call.scales)
        .number(call.rows)
        .number(call.width)
        .number(call.epsilon)
        .call(33),
    layerNormBackward: (call) =>
      void instance
        .start()
        .input(call.dy)
        .input(call.x)
        .input(call.weight)
        .input(call.statistics)
        .input(call.base)
        .output(call.dx)
        .output(call.dWeight)
        .output(call.dBias)
        .number(call.rows)
        .number(call.width)
        .call(34),
    rmsNormBackward: (call) =>
      void instance
        .start()
        .input(call.dy)
        .input(call.x)
        .input(call.weight)
        .input(call.scales)
        .input(call.base)
        .output(call.dx)
        .output(call.dWeight)
        .number(call.rows)
        .number(call.width)
        .call(35),
    sumOfSquares: (call) => instance.start().inputs(call.arrays).call(36),
    adamStep: (call) =>
      void instance
        .start()
        .inputs(call.gradients)
        .input(call.factors)
        .outputs(call.weights)
        .outputs(call.first)
        .outputs(call.second)
        .number(call.beta1)
        .number(call.beta2)
        .number(call.epsilon)
        .number(call.shrink)
        .number(call.l2)
        .number(call.scale)
        .call(37),
    sgdStep: (call) =>
      void instance
        .start()
        .inputs(call.gradients)
        .outputs(call.weights)
        .outputs(call.velocity)
        .number(call.learningRate)
        .number(call.momentum)
        .number(call.weightDecay)
        .number(call.scale)
        .call(38),
    recurrentForward: (call) =>
      void instance
        .start()
        .input(call.x)
        .input(call.weightIh)
        .input(call.weightHh)
        .input(call.biasIh)
        .input(call.biasHh)
        .input(call.state)
        .output(call.output)
        .output(call.last)
        .output(call.kept)
        .number(call.batch)
        .number(call.steps)
        .number(call.inputs)
        .number(call.hidden)
        .number(call.kind)
        .call(39),
    recurrentBackward: (call) =>
      void instance
        .start()
        .input(call.x)
        .input(call.weightIh)
        .input(call.weightHh)
        .input(call.state)
        .input(call.output)
        .input(call.kept)
        .input(call.dOutput)
        .input(call.dLast)
        .output(call.dX)
        .output(call.dWeightIh)
        .output(call.dWeightHh)
        .output(call.dBiasIh)
        .output(call.dBiasHh)
        .output(call.dState)
        .number(call.batch)
        .number(call.steps)
        .number(call.inputs)
        .number(call.hidden)
        .number(call.kind)
        .call(40),
    reduce: (call) =>
      void instance
        .start()
        .input(call.x)
        .output(call.y)
        .number(call.operation)
        .number(call.planes)
        .number(call.rows)
        .number(call.columns)
        .number(call.scale)
        .call(41),
    cumulate: (call) =>
      void instance
        .start()
        .input(call.x)
        .output(call.y)
        .number(call.operation)
        .number(call.planes)
        .number(call.rows)
        .number(call.columns)
        .boolean(call.exclusive)
        .boolean(call.reverse)
        .call(42),
    argExtremum: (call) =>
      void instance
        .start()
        .input(call.x)
        .output(call.y)
        .number(call.rows)
        .number(call.columns)
        .boolean(call.smallest)
        .call(43),
    softmaxRows: (call) =>
      void instance.start().input(call.x).output(call.y).number(call.rows).number(call.columns).call(44),
  };
}

/** Sets the number of threads, and returns the new number. */
export function setThreads(instance: Instance, call: { count: number }): number {
  return instance.start().number(call.count).call(29);
}
