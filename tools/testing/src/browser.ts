// A real browser for tests of pages: Chromium, driven through its DevTools protocol over a pipe. Tests that need it
// are skipped, and say so, where there is none.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { build } from 'esbuild';

/** Name of an installed Chromium or Chrome. */
export const browserName = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
);
if (!browserName) console.log('skipped in a browser: no chromium or google-chrome on the PATH');

export interface Page {
  /** Value of an expression in the page, as JSON. */
  evaluate<T>(expression: string): Promise<T>;
  send(method: string, parameters?: object): Promise<Record<string, unknown>>;
  /** Addresses of everything that the page asked for. */
  readonly requests: string[];
  /** What the page wrote to its console, exceptions and broken policies included. */
  readonly messages: string[];
  close(): void;
}

interface Message {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { message: string };
}

/** Opens an address, and waits until it is loaded. */
export async function openPage(address: string, scheme: 'light' | 'dark' = 'light'): Promise<Page> {
  const profile = mkdtempSync(join(tmpdir(), 'lilformer-browser-'));
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--window-size=1200,900'];
  const browser = spawn(browserName!, [...flags, '--remote-debugging-pipe', `--user-data-dir=${profile}`], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  const [input, output] = [browser.stdio[3] as Writable, browser.stdio[4] as Readable];
  const waiting = new Map<
    number,
    { done: (value: Record<string, unknown>) => void; failed: (error: Error) => void }
  >();
  const page = { requests: [] as string[], messages: [] as string[] };
  let loaded = () => {};
  const load = new Promise<void>((resolve) => (loaded = resolve));
  let rest = '';
  output.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\0');
    rest = parts.pop()!;
    for (const part of parts) {
      const { id, method, params, result, error } = JSON.parse(part) as Message;
      if (id !== undefined) {
        if (error) waiting.get(id)?.failed(new Error(error.message));
        else waiting.get(id)?.done(result ?? {});
      }
      if (method === 'Network.requestWillBeSent')
        page.requests.push((params!.request as { url: string }).url);
      if (method === 'Page.loadEventFired') loaded();
      if (
        method === 'Runtime.exceptionThrown' ||
        method === 'Runtime.consoleAPICalled' ||
        method === 'Log.entryAdded'
      ) {
        page.messages.push(JSON.stringify(params));
      }
    }
  });
  let count = 0;
  let session = '';
  const send = (method: string, params: object = {}) =>
    new Promise<Record<string, unknown>>((done, failed) => {
      waiting.set(++count, { done, failed });
      input.write(`${JSON.stringify({ id: count, method, params, sessionId: session || undefined })}\0`);
    });
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
  session = (await send('Target.attachToTarget', { targetId, flatten: true })).sessionId as string;
  for (const domain of ['Page', 'Network', 'Runtime', 'Log']) await send(`${domain}.enable`);
  await send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
  await send('Page.navigate', { url: address });
  await load;
  return {
    ...page,
    send,
    async evaluate<T>(expression: string) {
      const { result } = await send('Runtime.evaluate', {
        expression,
        returnByValue: true,
        awaitPromise: true,
      });
      return (result as { value: T }).value;
    },
    close() {
      browser.once('exit', () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));
      browser.kill();
    },
  };
}

/** A local server of a page that starts a worker. */
export interface Served {
  /** The page's address. With `?shared=no` it is not cross-origin isolated. */
  readonly address: string;
  close(): void;
}

/**
 * Serves a page whose worker runs a bundled program, and the files of a folder beside it.
 *
 * @param program TypeScript of the worker, resolved from `folder`
 * @param script JavaScript of the page; `worker` is the worker
 * @param folder the root of the server. The worker is at `/PATH`
 */
export async function servePage({
  program,
  script,
  folder,
  path,
  resolveDir = folder,
}: {
  program: string;
  script: string;
  folder: string;
  path: string;
  resolveDir?: string;
}): Promise<Served> {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    conditions: ['@lilformer/source'],
  });
  const types: Record<string, string> = { js: 'text/javascript', wasm: 'application/wasm' };
  const server = createServer(({ url = '' }, response) => {
    const [file, query = ''] = url.split('?');
    const type = types[file.split('.').at(-1)!];
    response.setHeader('content-type', type ?? 'text/html');
    if (query !== 'shared=no') {
      response.setHeader('cross-origin-opener-policy', 'same-origin');
      response.setHeader('cross-origin-embedder-policy', 'require-corp');
    }
    if (file === `/${path}`) response.end(outputFiles[0].contents);
    else if (type !== undefined) response.end(readFileSync(join(folder, file)));
    else {
      response.end(`<!doctype html><script>
        const worker = new Worker('/${path}' + location.search, { type: 'module' });
        ${script}
      </script>`);
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => void server.close(),
  };
}
