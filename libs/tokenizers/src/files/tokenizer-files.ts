// The files of a tokenizer, in a folder or in memory.
import { decodeText, linesOf, parseJson } from './parse-files.js';

/** Files from which a tokenizer is read. */
export class TokenizerFiles {
  /**
   * @param path of the folder, for messages
   * @param names of the files
   * @param read the bytes of a file
   * @param pathOf path of a file, for messages
   */
  constructor(
    readonly path: string,
    private readonly names: readonly string[],
    private readonly read: (name: string) => Promise<Uint8Array>,
    readonly pathOf: (name: string) => string,
  ) {}

  has(...names: string[]): boolean {
    return names.every((name) => this.names.includes(name));
  }

  async json(name: string): Promise<unknown> {
    return parseJson(await this.text(name), this.pathOf(name));
  }

  async lines(name: string): Promise<string[]> {
    return linesOf(await this.text(name));
  }

  private async text(name: string): Promise<string> {
    return decodeText(await this.read(name), this.pathOf(name));
  }
}
