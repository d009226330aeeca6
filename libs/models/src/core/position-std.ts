// The initial standard deviation of learned positions in the models of the evolution.

/** GPT-2's. With 1, the default of `nn.Embedding`, single positions stay badly trained at the learning rates used here. */
export const POSITION_STD = 0.02;
