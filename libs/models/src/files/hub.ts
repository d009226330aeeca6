// Downloads models from the Hugging Face Hub into the cache of Python's huggingface_hub. Downloads resume, and checksums are
// verified. The client @huggingface/hub is imported on the first download.
import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, mkdir, open, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type * as Hub from '@huggingface/hub';
import { readJson, writeFileAtomic } from '@lilformer/checkpoints';
import type { HubOptions } from './hub-options.js';
import { filesOfModel, mainWeights } from './model-files.js';

type HubClient = typeof Hub;

/** A file as the Hub lists it. */
interface RemoteFile {
  readonly path: string;
  readonly size: number;
  /** SHA-256 of large files, the git blob id (SHA-1) of others. */
  readonly checksum: { readonly algorithm: 'sha256' | 'git'; readonly hex: string };
}

/** Settings from the environment variables of huggingface_hub. */
interface Environment {
  readonly endpoint: string;
  readonly cache: string;
  readonly token: string | undefined;
  readonly offline: boolean;
}

const COMMIT = /^[0-9a-f]{40}$/;
/** Largest file of a model: one terabyte. */
const MOST_BYTES = 2 ** 40;
/** Attempts without progress, and the pause after the first, which doubles. */
const ATTEMPTS = 5;
const PAUSE_MS = 100;

/** Whether `name` is a valid model name on the Hub: `gpt2`, `google/flan-t5-small`. */
export function isHubName(name: string): boolean {
  return /^[\w][\w.-]*(\/[\w][\w.-]*)?$/.test(name) && !/\.\.|--|\.(safetensors|bin|pth?|json)$/.test(name);
}

/**
 * Downloads configs, tokenizer and weights of a model, and returns their folder in the cache.
 *
 * `HF_HOME`, `HF_HUB_CACHE`, `HF_TOKEN`, `HF_ENDPOINT` and `HF_HUB_OFFLINE` apply, as in huggingface_hub.
 *
 * @throws Error when the model does not exist, access is denied, the Hub is unreachable and the model not cached, or a
 *   checksum is wrong
 */
export async function hubFolder(
  name: string,
  { revision = 'main', onProgress }: HubOptions = {},
): Promise<string> {
  const env = await readEnvironment();
  const storage = join(env.cache, `models--${name.replace('/', '--')}`);
  const cached = await cachedFolder(storage, revision);
  if (env.offline) {
    if (cached !== undefined) return cached;
    throw new Error(
      `${name}: revision ${revision} is not in the cache ${env.cache}, and HF_HUB_OFFLINE is set. ` +
        'Unset it, or load a folder.',
    );
  }
  // Commits are immutable.
  if (cached !== undefined && COMMIT.test(revision)) return cached;
  const hub = await loadClient(name);
  const access = {
    hubUrl: env.endpoint,
    fetch: withRanges,
    ...(env.token !== undefined && { accessToken: env.token }),
  };
  try {
    const { sha } = await withRetries(() =>
      hub.modelInfo({ name, revision, additionalFields: ['sha'], ...access }),
    );
    if (!COMMIT.test(sha))
      throw new Error(`${name}: the Hub answers with commit ${JSON.stringify(sha)}. Expected 40 hex digits.`);
    const files = await withRetries(() => list(hub, name, sha, access));
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
    if (!isUnreachable(error)) throw explained(error, name, revision, env);
    if (cached !== undefined) return cached;
    throw new Error(
      `${name}: not in the cache ${env.cache}, and ${env.endpoint} is unreachable: ${reasonOf(error)}. ` +
        'Load a folder, or try again online.',
      { cause: error },
    );
  }
}

async function readEnvironment(): Promise<Environment> {
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
      `${name}: the package @huggingface/hub is not installed. Run npm i @huggingface/hub, or load a folder.`,
      { cause: error },
    );
  }
}

/** The cached folder of a revision; undefined when files are missing. */
async function cachedFolder(storage: string, revision: string): Promise<string | undefined> {
  const commit = COMMIT.test(revision)
    ? revision
    : (await readFile(join(storage, 'refs', revision), 'utf8').catch(() => '')).trim();
  if (!COMMIT.test(commit)) return undefined;
  const folder = join(storage, 'snapshots', commit);
  return (await isWhole(folder)) ? folder : undefined;
}

/** Whether a snapshot is complete: the file that lists the weights is downloaded last, huggingface_hub downloads in any order. */
async function isWhole(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch((): string[] => []);
  const main = mainWeights(names);
  if (main === undefined || !names.includes('config.json')) return false;
  if (!main.endsWith('.json')) return exists(join(folder, main));
  const index = (await readJson(join(folder, main)).catch(() => undefined)) as
    { readonly weight_map?: Readonly<Record<string, unknown>> } | undefined;
  const parts = new Set(Object.values(index?.weight_map ?? {}));
  const found = await Promise.all([...parts].map((part) => exists(join(folder, String(part)))));
  return found.every(Boolean);
}

type Access = { readonly hubUrl: string; readonly fetch: typeof fetch; readonly accessToken?: string };

async function list(hub: HubClient, name: string, revision: string, access: Access): Promise<RemoteFile[]> {
  const files: RemoteFile[] = [];
  for await (const entry of hub.listFiles({ repo: name, revision, ...access })) {
    const { type, path, oid, lfs, size: listed } = (entry ?? {}) as Partial<typeof entry>;
    if (type !== 'file') continue;
    const hex = lfs?.oid ?? oid;
    const size = lfs?.size ?? listed;
    // Path and checksum become file names.
    const isName = typeof path === 'string' && path !== '' && !/[/\\]|^\.\.?$/.test(path);
    const isChecksum = typeof hex === 'string' && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(hex);
    if (!isName || !isChecksum || !Number.isSafeInteger(size) || size! < 0 || size! > MOST_BYTES) {
      throw new Error(
        `${name}: the Hub lists ${JSON.stringify({ path, size, oid, lfs }).slice(0, 300)}. ` +
          `Expected a file name, a size of at most ${MOST_BYTES} bytes and a checksum.`,
      );
    }
    files.push({ path, size: size!, checksum: { algorithm: lfs ? 'sha256' : 'git', hex } });
  }
  return files;
}

/** Downloads a file unless it is cached, and links it into the snapshot. */
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
    // Another process was faster, or the file system has no symbolic links.
    if (error.code !== 'EEXIST') await copyFile(blob, place);
  });
}

/** Downloads a file, resuming a partial download. */
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
    // Another process may have downloaded the file.
    if (await exists(blob)) return;
    const had = await sizeOf(incomplete);
    if (had < file.size || file.size === 0) {
      onProgress?.({ file: file.path, bytes: had, total: file.size });
      const whole = await hub.downloadFile({ repo: name, path: file.path, revision: commit, ...access });
      if (whole === null) throw new Error(`${name}: ${file.path} is listed by the Hub, but missing.`);
      if (whole.size < file.size)
        throw new Error(`${name}: ${file.path} has ${whole.size} bytes, but the Hub lists ${file.size}.`);
      const rest = had > 0 ? whole.slice(had, file.size) : whole;
      await append(incomplete, had, rest.stream() as AsyncIterable<Uint8Array>, (bytes) => {
        if (bytes > file.size) throw new Damage(`${file.path} has more bytes than expected, ${file.size}.`);
        onProgress?.({ file: file.path, bytes, total: file.size });
      });
      const has = await sizeOf(incomplete);
      if (has < file.size)
        throw new Interruption(`${file.path}: connection closed after ${has} of ${file.size} bytes`);
    }
    const sum = await checksumOf(incomplete, file);
    if (sum !== file.checksum.hex) {
      throw new Damage(
        `${file.path} has checksum ${sum}. Expected ${file.checksum.hex}. The download is corrupt.`,
      );
    }
  };
  let damaged = 0;
  await withRetries(
    () =>
      attempt().catch(async (error: unknown) => {
        if (isMissing(error) && (await exists(blob))) return;
        if (error instanceof Damage) await rm(incomplete, { force: true });
        throw error;
      }),
    // The partial file may be corrupt: restart once.
    (error) => error instanceof Damage && damaged++ === 0,
    () => sizeOf(incomplete),
  );
  await rename(incomplete, blob).catch(async (error: unknown) => {
    if (!(await exists(blob))) throw error;
  });
}

/** Writes at explicit offsets, so that two processes can download the same file. */
async function append(
  path: string,
  from: number,
  pieces: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const handle = await open(path, constants.O_RDWR | constants.O_CREAT);
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

/** SHA-256 of a file, or its git blob id: SHA-1 of "blob", size, a zero byte and contents. */
async function checksumOf(path: string, { checksum, size }: RemoteFile): Promise<string> {
  const hash = createHash(checksum.algorithm === 'git' ? 'sha1' : 'sha256');
  if (checksum.algorithm === 'git') hash.update(`blob ${size}\0`);
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
  return hash.digest('hex');
}

/** A checksum or size that differs from the Hub's. */
class Damage extends Error {}
/** A connection that ended early. */
class Interruption extends Error {}

/** Retries temporary errors, up to ATTEMPTS times without progress. */
async function withRetries<T>(
  run: () => Promise<T>,
  again: (error: unknown) => boolean = () => false,
  progress: () => Promise<number> = () => Promise.resolve(0),
): Promise<T> {
  let most = await progress();
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      const now = await progress();
      if (now > most) attempt = 1;
      most = now;
      if (!again(error) && (attempt >= ATTEMPTS || !isTemporary(error))) throw error;
      await delay(PAUSE_MS * 2 ** (attempt - 1));
    }
  }
}

/** Whether an error is temporary: of the connection, or an overloaded server. */
function isTemporary(error: unknown): boolean {
  const status = statusOf(error);
  return status === undefined ? isUnreachable(error) : status >= 500 || status === 429 || status === 408;
}

function isUnreachable(error: unknown): boolean {
  const status = statusOf(error);
  if (status !== undefined) return status >= 500 || status === 429;
  // fetch throws these TypeErrors; the client's streams throw their message as a string.
  const ofFetch =
    error instanceof TypeError &&
    (error.cause !== undefined || /fetch failed|terminated/.test(error.message));
  return ofFetch || error instanceof Interruption || typeof error === 'string';
}

/** The HTTP status of the client's errors. */
function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === 'ENOENT';
}

function reasonOf(error: unknown): string {
  if (typeof error === 'string') return error;
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}

function explained(error: unknown, name: string, revision: string, env: Environment): Error {
  const status = statusOf(error);
  if (status === 404) {
    const what = revision === 'main' ? '' : `, or its revision ${revision}`;
    return new Error(
      `${name}: not found. Expected a local folder or file, or a model at ${env.endpoint}${what}.`,
      {
        cause: error,
      },
    );
  }
  if (status === 401 || status === 403) {
    const token =
      env.token === undefined ? 'Set HF_TOKEN to a token with access.' : 'HF_TOKEN has no access.';
    return new Error(
      `${name}: ${env.endpoint} denies access (${status}). The model is private, gated, or does not exist. ${token}`,
      { cause: error },
    );
  }
  if (error instanceof TypeError || error instanceof SyntaxError) {
    return new Error(
      `${name}: ${env.endpoint} gives an answer that is not the Hub's (${reasonOf(error)}). Check HF_ENDPOINT.`,
      { cause: error },
    );
  }
  const message = reasonOf(error);
  return message.startsWith(`${name}: `) && error instanceof Error
    ? error
    : new Error(`${name}: ${message}`, { cause: error });
}

/** Rejects servers that answer a range request with the whole file. */
const withRanges: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const range = new Headers(init?.headers).get('range');
  if (range !== null && response.status === 200 && !response.headers.has('x-xet-hash')) {
    await response.body?.cancel();
    throw new Error(`requested ${range}, but received the whole file. A proxy ignores range requests.`);
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
