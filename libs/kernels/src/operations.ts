// The numbers of operations in calls of kernels. Tables of binary and unary functions are chosen by the types of
// operands and result: `float32ToBool` takes float32 numbers and writes bools.

/** `activation` of linear layers, and `kind` of `activationForward` and `activationBackward`. */
export const ACTIVATION = { relu: 0, gelu: 1, geluTanh: 2, none: 3 } as const;

/** `activation` of `matmul`. */
export const PRODUCT_ACTIVATION = { none: 0, relu: 1, sigmoid: 2 } as const;

/** `kind` of recurrent layers. */
export const RECURRENT = { tanh: 0, relu: 1, gru: 2 } as const;

/** `operation` of `reduce`; `cumulate` takes the first two. The maximum of bools is `any`, the minimum `all`. */
export const REDUCTION = { sum: 0, product: 1, maximum: 2, minimum: 3 } as const;

const COMPARISONS = { equal: 0, notEqual: 1, less: 2, lessEqual: 3, greater: 4, greaterEqual: 5 } as const;

const ARITHMETIC = {
  add: 0,
  subtract: 1,
  multiply: 2,
  divide: 3,
  maximum: 4,
  minimum: 5,
  squaredDifference: 6,
  power: 7,
  modulo: 8,
} as const;

/** `operation` of `binary`. */
export const BINARY = {
  float32: { ...ARITHMETIC, arcTangent2: 9, prelu: 10, eluGradient: 11 },
  int32: { ...ARITHMETIC, floorDivide: 9, bitwiseAnd: 10 },
  bool: { ...COMPARISONS, and: 6, or: 7 },
  float32ToInt32: { floorDivide: 0 },
  float32ToBool: COMPARISONS,
  int32ToBool: COMPARISONS,
} as const;

/** `operation` of `unary`. */
export const UNARY = {
  float32: {
    relu: 0,
    square: 1,
    squareRoot: 2,
    inverseSquareRoot: 3,
    negative: 4,
    absolute: 5,
    reciprocal: 6,
    relu6: 7,
    step: 8,
    sign: 9,
    ceil: 10,
    floor: 11,
    round: 12,
    clip: 13,
    leakyRelu: 14,
    elu: 15,
    selu: 16,
    softplus: 17,
    exponentialMinus1: 18,
    logarithm: 19,
    logarithmPlus1: 20,
    errorFunction: 21,
    hyperbolicSine: 22,
    hyperbolicCosine: 23,
    arcSine: 24,
    arcCosine: 25,
    arcTangent: 26,
    inverseHyperbolicSine: 27,
    inverseHyperbolicCosine: 28,
    inverseHyperbolicTangent: 29,
    sigmoid: 30,
    tanh: 31,
    exponential: 32,
    sine: 33,
    cosine: 34,
    tangent: 35,
  },
  int32: { relu: 0, square: 1, negative: 2, absolute: 3, relu6: 4, step: 5, sign: 6, clip: 7 },
  bool: { not: 0 },
  float32ToBool: { cast: 0, isNan: 1, isInfinite: 2, isFinite: 3 },
  float32ToInt32: { cast: 0 },
  int32ToFloat32: { cast: 0 },
  int32ToBool: { cast: 0 },
  boolToFloat32: { cast: 0 },
  boolToInt32: { cast: 0 },
} as const;
