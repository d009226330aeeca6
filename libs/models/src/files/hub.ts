// Models of the Hugging Face Hub on this disk: what a model needs is downloaded once, into the cache that Python's
// libraries use as well, in their layout. Interrupted downloads go on where they stopped, and every file is checked
// against the Hub's checksum before it takes its place. The client @huggingface/hub is loaded when something has to be
// downloaded; resuming, checking and working offline are added here. Leaves out uploading.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, open, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type * as Hub from '@huggingface/hub';
import { writeFileAtomic } from '@lilformer/checkpoints';
import { filesOfModel } from './model-files.js';

type HubClient = typeof Hub;

/** How far a download is. */
export interface DownloadProgress {
  readonly file: string;
  /** Bytes of this file on the disk, of how many. */
  readonly bytes: number;
  readonly total: number;
}

/** What to take from the Hub. */
export interface HubOptions {
  /** A branch, a tag or a commit; `'main'` without. */
  readonly revision?: string;
  /** Told of each piece that arrives; not called for what is in the cache. */
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/** A file as the Hub lists it. */
interface RemoteFile {
  readonly path: string;
  readonly size: number;
  /** Of large files the SHA-256, of others the SHA-1 that git knows them by. */
  readonly checksum: { readonly algorithm: 'sha256' | 'git'; readonly hex: string };
}

/** Where things are, from the variables that Python's libraries read. */
interface Surroundings {
  readonly endpoint: string;
  readonly cache: string;
  readonly token: string | undefined;
  readonly offline: boolean;
}

const COMMIT = /^[0-9a-f]{40}$/;
/** Attempts in a row that bring nothing, and the pause after the first of them, which doubles. */
const ATTEMPTS = 5;
const PAUSE_MS = 100;

/** Whether `name` can be a model of the Hub: `gpt2`, `google/flan-t5-small`. */
export function isHubName(name: string): boolean {
  return /^[\w][\w.-]*(\/[\w][\w.-]*)?$/.test(name) && !/\.\.|--|\.(safetensors|bin|pth?|json)$/.test(name);
}

/**
 * A folder with what the model `name` of the Hub needs: configurations, tokenizer and weights (safetensors where there are
 * some, else PyTorch's).
 *
 * `HF_HOME`, `HF_HUB_CACHE`, `HF_TOKEN`, `HF_ENDPOINT` and `HF_HUB_OFFLINE` mean what they mean to Python's libraries.
 *
 * @throws Error saying that there is no such model, that it may not be read, that it is not in the cache and the Hub cannot
 *   be reached, or that a file is damaged on its way
 */
export async function hubFolder(
  name: string,
  { revision = 'main', onProgress }: HubOptions = {},
): Promise<string> {
  const around = await surroundings();
  const storage = join(around.cache, `models--${name.replace('/', '--')}`);
  const cached = await cachedFolder(storage, revision);
  if (around.offline) {
    if (cached !== undefined) return cached;
    throw new Error(
      `${name}: not in the cache ${around.cache} (revision ${revision}), and HF_HUB_OFFLINE is set; ` +
        'unset it, or give a folder',
    );
  }
  // What a commit has never changes.
  if (cached !== undefined && COMMIT.test(revision)) return cached;
  const hub = await loadClient(name);
  const access = {
    hubUrl: around.endpoint,
    fetch: withRanges,
    ...(around.token !== undefined && { accessToken: around.token }),
  };
  try {
    const { sha } = await persistently(() =>
      hub.modelInfo({ name, revision, additionalFields: ['sha'], ...access }),
    );
    const files = await persistently(() => list(hub, name, sha, access));
    const folder = join(storage, 'snapshots', sha);
    for (const file of filesOfModel(files.map(({ path }) => path))) {
      await provide(
        hub,
        name,
        sha,
        files.find(({ path }) => path === file)!,
        storage,
        access,
        onProgress,
      );
    }
    if (!COMMIT.test(revision)) {
      const reference = join(storage, 'refs', revision);
      await mkdir(dirname(reference), { recursive: true });
      await writeFileAtomic(reference, sha);
    }
    return folder;
  } catch (error) {
    if (!isUnreachable(error)) throw explained(error, name, revision, around);
    if (cached !== undefined) return cached;
    throw new Error(
      `${name}: not in the cache ${around.cache}, and ${around.endpoint} cannot be reached (${reasonOf(error)}); ` +
        'give a folder, or try again with a network',
      { cause: error },
    );
  }
}

async function surroundings(): Promise<Surroundings> {
  const { env } = process;
  const home = env.HF_HOME ?? join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'huggingface');
  const stored = await readFile(env.HF_TOKEN_PATH ?? join(home, 'token'), 'utf8').catch(() => '');
  const token = (env.HF_TOKEN ?? stored).trim();
  return {
    endpoint: (env.HF_ENDPOINT ?? 'https://huggingface.co').replace(/\/+$/, ''),
    cache: env.HF_HUB_CACHE ?? env.HUGGINGFACE_HUB_CACHE ?? join(home, 'hub'),
    token: token === '' ? undefined : token,
    offline: /^(1|on|yes|true)$/i.test(env.HF_HUB_OFFLINE ?? ''),
  };
}

async function loadClient(name: string): Promise<HubClient> {
  try {
    return await import('@huggingface/hub');
  } catch (error) {
    throw new Error(
      `${name}: models of the Hugging Face Hub need the package @huggingface/hub; npm i @huggingface/hub, or give a folder`,
      { cause: error },
    );
  }
}

/** The folder of a revision as far as it is in the cache, if it has a configuration. */
async function cachedFolder(storage: string, revision: string): Promise<string | undefined> {
  const commit = COMMIT.test(revision)
    ? revision
    : (await readFile(join(storage, 'refs', revision), 'utf8').catch(() => '')).trim();
  if (!COMMIT.test(commit)) return undefined;
  const folder = join(storage, 'snapshots', commit);
  return (await exists(join(folder, 'config.json'))) ? folder : undefined;
}

type Access = { readonly hubUrl: string; readonly fetch: typeof fetch; readonly accessToken?: string };

async function list(hub: HubClient, name: string, revision: string, access: Access): Promise<RemoteFile[]> {
  const files: RemoteFile[] = [];
  for await (const { type, path, size, oid, lfs } of hub.listFiles({ repo: name, revision, ...access })) {
    if (type !== 'file') continue;
    const hex = lfs?.oid ?? oid;
    // These become names on this disk.
    if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(hex ?? '') || path.includes('/') || path.includes('\\')) {
      throw new Error(
        `${name}: the Hub's list says ${JSON.stringify({ path, oid, lfs })}, which is no file's name and sum`,
      );
    }
    const checksum = { algorithm: lfs ? 'sha256' : 'git', hex: hex! } as const;
    files.push({ path, size: lfs?.size ?? size, checksum });
  }
  return files;
}

/** Sees to it that the snapshot has the file. */
async function provide(
  hub: HubClient,
  name: string,
  commit: string,
  file: RemoteFile,
  storage: string,
  access: Access,
  onProgress: HubOptions['onProgress'],
): Promise<void> {
  const place = join(storage, 'snapshots', commit, file.path);
  if (await exists(place)) return;
  const blob = join(storage, 'blobs', file.checksum.hex);
  await mkdir(dirname(blob), { recursive: true });
  await mkdir(dirname(place), { recursive: true });
  if (!(await exists(blob))) await download(hub, name, commit, file, blob, access, onProgress);
  await symlink(relative(dirname(place), blob), place).catch(async (error: NodeJS.ErrnoException) => {
    // Somebody else was faster, or this system allows no links.
    if (error.code !== 'EEXIST') await copyFile(blob, place);
  });
}

/** Downloads a file, from where an earlier attempt stopped, until it is whole. */
async function download(
  hub: HubClient,
  name: string,
  commit: string,
  file: RemoteFile,
  blob: string,
  access: Access,
  onProgress: HubOptions['onProgress'],
): Promise<void> {
  const incomplete = `${blob}.incomplete`;
  const attempt = async (): Promise<void> => {
    const had = await sizeOf(incomplete);
    if (had < file.size || file.size === 0) {
      const whole = await hub.downloadFile({ repo: name, path: file.path, revision: commit, ...access });
      if (whole === null) throw new Error(`${name}: the Hub lists ${file.path}, but does not have it`);
      const rest = had > 0 ? whole.slice(had, file.size) : whole;
      await append(incomplete, had, rest.stream() as AsyncIterable<Uint8Array>, (bytes) => {
        if (bytes > file.size) throw new Damage(`${file.path} has more than its ${file.size} bytes`);
        onProgress?.({ file: file.path, bytes, total: file.size });
      });
      const has = await sizeOf(incomplete);
      if (has < file.size) throw new Interruption(`${file.path}: cut off after ${has} of ${file.size} bytes`);
    }
    const sum = await checksumOf(incomplete, file);
    if (sum !== file.checksum.hex) {
      throw new Damage(
        `${file.path} has the checksum ${sum}, the Hub says ${file.checksum.hex}: it was changed on its way`,
      );
    }
  };
  let damaged = 0;
  await persistently(
    () =>
      attempt().catch(async (error: unknown) => {
        if (error instanceof Damage) await rm(incomplete, { force: true });
        throw error;
      }),
    // What was kept of an earlier attempt may have been wrong: once more from the beginning.
    (error) => error instanceof Damage && damaged++ === 0,
    () => sizeOf(incomplete),
  );
  await rename(incomplete, blob).catch(async (error: unknown) => {
    if (!(await exists(blob))) throw error;
  });
}

/** Writes at places, not at the end: of two processes that download the same, both write the same bytes there. */
async function append(
  path: string,
  from: number,
  pieces: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const handle = await open(path, (await exists(path)) ? 'r+' : 'w');
  try {
    let at = from;
    for await (const piece of pieces) {
      onBytes(at + piece.length);
      await handle.writev([piece], at);
      at += piece.length;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** SHA-256 of a file, or what git calls it: SHA-1 of "blob", its size, a zero byte and its contents. */
async function checksumOf(path: string, { checksum, size }: RemoteFile): Promise<string> {
  const hash = createHash(checksum.algorithm === 'git' ? 'sha1' : 'sha256');
  if (checksum.algorithm === 'git') hash.update(`blob ${size}\0`);
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
  return hash.digest('hex');
}

/** A file that is not what the Hub says it is. */
class Damage extends Error {}
/** A connection that ended too early. */
class Interruption extends Error {}

/** Runs until it works, as long as an attempt brings more than the one before or there were few that did not. */
async function persistently<T>(
  run: () => Promise<T>,
  again: (error: unknown) => boolean = () => false,
  progress: () => Promise<number> = () => Promise.resolve(0),
): Promise<T> {
  let most = await progress();
  for (let vain = 1; ; vain++) {
    try {
      return await run();
    } catch (error) {
      const now = await progress();
      if (now > most) vain = 1;
      most = now;
      if (!again(error) && (vain >= ATTEMPTS || !isPassing(error))) throw error;
      await delay(PAUSE_MS * 2 ** (vain - 1));
    }
  }
}

/** An error that may be gone at the next attempt: of the connection, or of a server that is overburdened. */
function isPassing(error: unknown): boolean {
  const status = statusOf(error);
  return status === undefined ? isUnreachable(error) : status >= 500 || status === 429 || status === 408;
}

function isUnreachable(error: unknown): boolean {
  const status = statusOf(error);
  if (status !== undefined) return status >= 500 || status === 429;
  // fetch throws TypeErrors; a stream of the client's ends with their message alone.
  return error instanceof TypeError || error instanceof Interruption || typeof error === 'string';
}

/** The HTTP status of the client's errors. */
function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

function reasonOf(error: unknown): string {
  if (typeof error === 'string') return error;
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}

function explained(error: unknown, name: string, revision: string, around: Surroundings): Error {
  const status = statusOf(error);
  if (status === 404) {
    const what = revision === 'main' ? 'no such model' : `no such model, or it has no revision ${revision}`;
    return new Error(`${name}: there is ${what} at ${around.endpoint}, and no such folder or file here`, {
      cause: error,
    });
  }
  if (status === 401 || status === 403) {
    const token =
      around.token === undefined ? 'set HF_TOKEN to a token that may read it' : 'HF_TOKEN may not read it';
    return new Error(
      `${name}: ${around.endpoint} refuses it (${status}): there is no such model, or it is private or gated; ${token}`,
      { cause: error },
    );
  }
  const message = reasonOf(error);
  return message.startsWith(`${name}: `) && error instanceof Error
    ? error
    : new Error(`${name}: ${message}`, { cause: error });
}

/** A server that answers a question for a range with the whole file would be taken for the rest of it. */
const withRanges: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const range = new Headers(init?.headers).get('range');
  if (range !== null && response.status === 200 && !response.headers.has('x-xet-hash')) {
    await response.body?.cancel();
    throw new Error(
      `asked for ${range}, the server gave everything: something between here and the Hub knows no ranges`,
    );
  }
  return response;
};

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
