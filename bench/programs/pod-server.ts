/**
 * A server with very many pods of one node, that makes them up as it is asked: an apiserver that held them would need
 * most of the machine's memory. Everything that is not about pods it takes and gives back as it was.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { podJson } from '../pod-json.js';
import { serve, settings } from './serve.js';

const { pods, node } = settings<{ pods: number; node: string }>();
const version = String(1_000 + pods);
const objects = new Map<string, object>();
let podWrites = 0;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://bench');
  response.setHeader('content-type', 'application/json');
  if (pathname === '/api/v1/pods' || pathname === '/backend') await listPods(searchParams, response);
  else await keepObject(request, pathname, response);
}

async function listPods(query: URLSearchParams, response: ServerResponse): Promise<void> {
  if (query.get('watch') === 'true') {
    response.flushHeaders();
    if (query.get('sendInitialEvents') !== 'true') return;
    await write(response, 0, pods, (i) => `{"type":"ADDED","object":${podJson(i, node)}}\n`);
    const metadata = { resourceVersion: version, annotations: { 'k8s.io/initial-events-end': 'true' } };
    response.write(`${JSON.stringify({ type: 'BOOKMARK', object: { kind: 'Pod', metadata } })}\n`);
    return;
  }
  const from = Number(query.get('continue') ?? 0);
  const to = Math.min(pods, from + Number(query.get('limit') ?? pods));
  const metadata = { resourceVersion: version, ...(to < pods ? { continue: String(to) } : {}) };
  response.write(`{"kind":"PodList","apiVersion":"v1","metadata":${JSON.stringify(metadata)},"items":[`);
  await write(response, from, to, (i) => (i === from ? '' : ',') + podJson(i, node));
  response.end(']}');
}

async function write(response: ServerResponse, from: number, to: number, text: (i: number) => string): Promise<void> {
  for (let i = from; i < to; i += 1) if (!response.write(text(i))) await once(response, 'drain');
}

async function keepObject(request: IncomingMessage, path: string, response: ServerResponse): Promise<void> {
  if (request.method === 'GET') {
    const object = objects.get(path);
    response.statusCode = object ? 200 : 404;
    response.end(JSON.stringify(object ?? { kind: 'Status', status: 'Failure', reason: 'NotFound', code: 404 }));
    return;
  }
  const body = (await json(request)) as { metadata?: { name?: string } };
  if (path.includes('/pods/')) podWrites += 1;
  const at = request.method === 'POST' ? `${path}/${body.metadata?.name ?? ''}` : path.replace(/\/status$/, '');
  const known = objects.get(at) as { metadata?: object } | undefined;
  const metadata = { uid: 'bench', ...known?.metadata, ...body.metadata, resourceVersion: version };
  const object = { ...known, ...body, metadata };
  objects.set(at, object);
  response.statusCode = request.method === 'POST' ? 201 : 200;
  response.end(JSON.stringify(object));
}

const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
await once(server, 'listening');
serve({
  connection: () => ({ server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }),
  podWrites: () => podWrites,
});
