// Sources of models in Node: folders, files and the Hugging Face Hub.
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { loadTokenizer } from '@lilformer/tokenizers';
import { hubFolder, isHubName } from '../files/hub.js';
import type { HubOptions } from '../files/hub-options.js';
import type { Located, ModelFolder } from '../files/model-folder.js';
import { ModelNotFoundError } from '../files/not-found.js';

/** Finds the folder of a source. @throws ModelNotFoundError when there is nothing */
export async function locate(source: string, options: HubOptions): Promise<Located> {
  const found = await stat(source).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (found?.isFile()) return { folder: folderAt(dirname(source)), file: basename(source) };
  if (found?.isDirectory()) return { folder: folderAt(source) };
  if (found) throw new Error(`${source}: is a device or a pipe. Expected a file or folder.`);
  if (!isHubName(source)) throw new ModelNotFoundError(source);
  return { folder: folderAt(await hubFolder(source, options)) };
}

function folderAt(path: string): ModelFolder {
  const pathOf = (name: string): string => join(path, name);
  return {
    path,
    names: () => readdir(path).catch(() => []),
    has: (name) =>
      stat(pathOf(name)).then(
        (found) => found.isFile(),
        () => false,
      ),
    pathOf,
    file: pathOf,
    tokenizer: (name) => loadTokenizer(name === undefined ? path : pathOf(name)),
  };
}
