// Named files that are replaced whole: in memory, or in a directory of a page's storage (the origin private file system).

/** Named files. */
export interface FileStore {
  /** Names the store in messages. */
  readonly path: string;
  names(): Promise<string[]>;
  /** The contents of a file as they are now. @throws Error naming a file that is missing */
  file(name: string): Promise<Blob>;
  /** Replaces a file by these parts; when it fails, or the page is closed meanwhile, the file is unchanged. */
  write(name: string, parts: Iterable<Uint8Array<ArrayBuffer>>): Promise<void>;
  /** Locks the store for one user at a time; returns what releases it. @throws Error when another has it */
  lock(): Promise<() => void>;
}

/**
 * Files in memory.
 *
 * @param files initial files; those that are written are added to it
 * @param path names the store in messages
 */
export function memoryStore(files = new Map<string, Blob>(), path = 'memory'): FileStore {
  let locked = false;
  return {
    path,
    names: () => Promise.resolve([...files.keys()]),
    file(name) {
      const file = files.get(name);
      return file ? Promise.resolve(file) : Promise.reject(new Error(`${path}/${name}: no such file.`));
    },
    write(name, parts) {
      files.set(name, new Blob([...parts]));
      return Promise.resolve();
    },
    lock() {
      if (locked)
        return Promise.reject(new Error(`${path}: open for writing elsewhere. Close it there first.`));
      locked = true;
      return Promise.resolve(() => {
        locked = false;
      });
    },
  };
}

/** What is used of a `FileSystemDirectoryHandle`, whose type only programs with TypeScript's library `dom` have. */
export interface DirectoryHandle {
  readonly name: string;
  getFileHandle(name: string, options?: { create?: boolean }): Promise<FileHandle>;
}

/** What is used of a `FileSystemFileHandle`. */
interface FileHandle {
  getFile(): Promise<Blob>;
  createWritable(): Promise<{
    write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
    close(): Promise<void>;
  }>;
}

/**
 * Files in a directory of a page's storage, such as
 * `await (await navigator.storage.getDirectory()).getDirectoryHandle('run', { create: true })`.
 *
 * @param path names the store in messages, and its lock among the pages of an origin
 */
export function directoryStore(directory: DirectoryHandle, path = directory.name): FileStore {
  // TypeScript's library lacks the names of a directory's files.
  const listed = directory as unknown as { keys(): AsyncIterable<string> };
  return {
    path,
    async names() {
      const names: string[] = [];
      for await (const name of listed.keys()) names.push(name);
      return names;
    },
    async file(name) {
      try {
        return await (await directory.getFileHandle(name)).getFile();
      } catch (error) {
        throw new Error(`${path}/${name}: ${(error as Error).message}`, { cause: error });
      }
    },
    async write(name, parts) {
      try {
        const handle = await directory.getFileHandle(name, { create: true });
        // Written to a swap file, which takes the file's place when it is closed.
        const writable = await handle.createWritable();
        for (const part of parts) await writable.write(part);
        await writable.close();
      } catch (error) {
        const full = (error as Error).name === 'QuotaExceededError';
        throw new Error(
          `${path}/${name}: cannot write: ${full ? 'the storage of this site is full. Delete other runs.' : (error as Error).message}`,
          { cause: error },
        );
      }
    },
    lock: () =>
      new Promise((resolve, reject) => {
        const hold = (lock: Lock | null): Promise<void> | undefined => {
          if (lock) return new Promise<void>((release) => resolve(release));
          reject(new Error(`${path}: open in another page. Close it there first.`));
          return undefined;
        };
        navigator.locks.request(`lilformer:${path}`, { ifAvailable: true }, hold).catch(reject);
      }),
  };
}
