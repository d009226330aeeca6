// A real HTTP server on loopback whose answers a test scripts, one after the other.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface FileServer {
  url: string;
  requests: IncomingMessage[];
}

/** Starts a server that gives the answers in turn, the last one again and again. */
export async function serve(...answers: Answer[]): Promise<FileServer> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)];
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/file.txt`, requests };
}

/** Serves `content` as a static file server does: ranges, If-Range, 416. */
export function whole(content: Buffer, etag = '"one"'): Answer {
  return (request, response) => {
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
    const fresh = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
    if (range === null || !fresh) {
      response.writeHead(200, { 'content-length': content.length, etag });
      response.end(content);
      return;
    }
    const start = Number(range[1]);
    if (start >= content.length) {
      response.writeHead(416, { 'content-range': `bytes */${content.length}` });
      response.end();
      return;
    }
    response.writeHead(206, {
      'content-length': content.length - start,
      'content-range': `bytes ${start}-${content.length - 1}/${content.length}`,
      etag,
    });
    response.end(content.subarray(start));
  };
}

/** Promises all of `content`, sends the first `sent` bytes, and then breaks the connection (or, with `stall`, nothing). */
export function cut(content: Buffer, sent: number, { stall = false, etag = '"one"' } = {}): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-length': content.length, etag });
    response.write(content.subarray(0, sent), () => {
      // Given time to arrive: a reset may overtake bytes that are still on their way.
      if (!stall) setTimeout(() => response.destroy(), 50);
    });
  };
}

export function status(code: number, headers: Record<string, string> = {}): Answer {
  return (_request, response) => {
    response.writeHead(code, headers);
    response.end('an error page');
  };
}
