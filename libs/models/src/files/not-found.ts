// The error of a source that is nothing.

/** The source is neither a file, nor a folder, nor a name on the Hugging Face Hub. */
export class ModelNotFoundError extends Error {
  constructor(readonly source: string) {
    super(
      `${source}: not found. Expected a run folder, a .pt, .pth, .bin or .safetensors file, a folder in Hugging Face's ` +
        'format, or a name on the Hugging Face Hub.',
    );
    this.name = 'ModelNotFoundError';
  }
}
