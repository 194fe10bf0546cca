/** What hostile and broken clients send: each gets a Status or is left; the server goes on, small, and loses nothing. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { connect as connectPlain, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import * as fc from 'fast-check';
import { clusterOf } from '../bench/api/cluster-of.ts';
import { type KubectlServer, startKubectlServer } from './support/kubectl-server.ts';

let server: KubectlServer;
let cluster: ReturnType<typeof clusterOf>;
let url: URL;

before(async () => {
  server = await startKubectlServer();
  cluster = clusterOf(await readFile(server.kubeconfig, 'utf8'));
  url = new URL(cluster.server);
  const made = await send('POST', CONFIG_MAPS, {
    body: JSON.stringify({ metadata: { name: 'kept' }, data: { a: 'b' } }),
  });
  assert.equal(made.code, 201);
});
after(async () => {
  const kept = await send('GET', `${CONFIG_MAPS}/kept`);
  await server[Symbol.asyncDispose]();
  assert.deepEqual((JSON.parse(kept.text) as { data: object }).data, { a: 'b' }, 'nothing was lost');
});

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

interface Sent {
  readonly body?: string | Buffer;
  readonly headers?: Record<string, string>;
  readonly agent?: Agent;
}

interface Answer {
  readonly code: number;
  readonly text: string;
  readonly contentType: string;
}

/** @throws Error when the connection breaks before the answer is complete, or nothing comes for long */
function send(method: string, path: string, { body, headers = {}, agent }: Sent = {}): Promise<Answer> {
  const { ca, cert, key } = cluster;
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const tls = agent === undefined ? { agent: false as const } : { agent };
  const sent = request(
    {
      host: url.hostname,
      port: url.port,
      method,
      path,
      headers: {
        'content-type': 'application/json',
        ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
        ...headers,
      },
      ca,
      cert,
      key,
      timeout: 20_000,
      ...tls,
    },
    (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('error', reject).on('end', () => {
        const contentType = response.headers['content-type'] ?? '';
        resolve({ code: response.statusCode ?? 0, text, contentType });
      });
    },
  );
  sent.on('error', reject).on('timeout', () => sent.destroy(new Error(`${method} ${path} hangs`)));
  sent.end(body);
  return promise;
}

/** @throws AssertionError unless it is a failure that Kubernetes' clients understand */
function assertStatus({ code, text, contentType }: Answer, expected: number, what: string): void {
  assert.equal(code, expected, `${what}: ${text.slice(0, 300)}`);
  assert.match(contentType, /^application\/json/, what);
  const status = JSON.parse(text) as Record<string, unknown>;
  assert.deepEqual([status['kind'], status['status'], status['code']], ['Status', 'Failure', expected], what);
  assert.ok(typeof status['message'] === 'string' && status['message'] !== '', what);
}

function residentMb(): number {
  const status = readFileSync(`/proc/${server.pid()}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}

async function assertAnswers(): Promise<void> {
  const { code } = await send('GET', `${CONFIG_MAPS}/kept`);
  assert.equal(code, 200);
}

test('bodies that are none are refused with a Status', async () => {
  const nested = (depth: number) =>
    `{"metadata":{"name":"x"},"data":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`;
  const bodies: [string, string | Buffer, number, string?][] = [
    ['nothing', '', 400],
    ['no JSON', '{', 400],
    ['a list', '[]', 400],
    ['null', 'null', 400],
    ['a number', '1e999', 400],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), 400],
    ['another kind', '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"x"}}', 400],
    ['nested deeply', nested(5000), 400],
    ['nested very deeply', nested(200_000), 400],
    ['lists nested deeply', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 400],
    [
      'a YAML bomb',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghij'
        .split('')
        .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghij'[index]}`).join()}]`)
        .join('\n')}`,
      400,
      'application/yaml',
    ],
    ['YAML that is none', 'a: [', 400, 'application/yaml'],
    ['protobuf that is none', 'k8s\0\xff\xff\xff', 400, 'application/vnd.kubernetes.protobuf'],
    ['a media type that nobody knows', '{}', 415, 'text/plain'],
    ['over 3 MiB', `{"data":{"a":"${'x'.repeat(3_200_000)}"}}`, 413],
    ['a name that leaves its folder', '{"metadata":{"name":"../../secrets/x"}}', 422],
    ['a name with a slash', '{"metadata":{"name":"a/b"}}', 422],
    ['a name that is a folder', '{"metadata":{"name":".."}}', 422],
    ['a long name', `{"metadata":{"name":"${'x'.repeat(5000)}"}}`, 422],
  ];
  for (const [what, body, code, type = 'application/json'] of bodies) {
    const answer = await send('POST', CONFIG_MAPS, { body, headers: { 'content-type': type } });
    assertStatus(answer, code, what);
  }
  await assertAnswers();
});

test('keys named like parts of JavaScript are keys like any other', async () => {
  const data = '{"__proto__":"1","constructor":"2","toString":"3"}';
  const made = await send('POST', CONFIG_MAPS, {
    body: `{"metadata":{"name":"proto","labels":{"__proto__":"x"}},"data":${data}}`,
  });
  assertStatus(made, 422, 'a label that begins with _');
  const kept = await send('POST', CONFIG_MAPS, { body: `{"metadata":{"name":"proto"},"data":${data}}` });
  assert.equal(kept.code, 201, kept.text);
  assert.match((await send('GET', `${CONFIG_MAPS}/proto`)).text, /"__proto__":"1"/);
  const patch = await send('PATCH', `${CONFIG_MAPS}/proto`, {
    body: '{"__proto__":{"polluted":"yes"},"data":{"__proto__":"4"}}',
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  assert.ok([200, 400].includes(patch.code), patch.text);
  assert.doesNotMatch((await send('GET', `${CONFIG_MAPS}/kept`)).text, /polluted/);
  const deep =
    '{"metadata":{"name":"p2"},"__proto__":{"data":{"a":"b"}},"constructor":{"prototype":{"x":1}}}';
  const unknown = await send('POST', `${CONFIG_MAPS}?fieldValidation=Strict`, { body: deep });
  assertStatus(unknown, 400, 'unknown fields');
});

test('forged versions, tokens, selectors and options are refused with a Status', async () => {
  const token = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const cases: [string, number][] = [
    ['resourceVersion=abc', 400],
    ['resourceVersion=-1', 400],
    ['resourceVersion=1e3', 400],
    ['watch=1&resourceVersion=abc', 400],
    ['continue=nonsense&limit=1', 400],
    [`continue=${token({ v: 'meta.k8s.io/v1', rv: -1, start: '../../../secrets/' })}&limit=1`, 400],
    [`continue=${token({ v: 'meta.k8s.io/v1', rv: 5, start: '/../secrets/x' })}&limit=1`, 400],
    [`continue=${token(null)}&limit=1`, 400],
    ['limit=-1', 400],
    ['limit=9e99', 400],
    ['labelSelector=a%20b%20c', 400],
    ['labelSelector=a%20in%20(', 400],
    [`labelSelector=${'a'.repeat(6000)}`, 400],
    ['fieldSelector=no.such%3Dx', 400],
    ['fieldSelector=%3D%3D%3D', 400],
    ['watch=1&sendInitialEvents=true', 422],
    ['resourceVersionMatch=Nonsense&resourceVersion=1', 422],
  ];
  for (const [query, code] of cases) {
    const answer = await send('GET', `${CONFIG_MAPS}?${query}`);
    assert.ok(
      answer.code >= 400 && answer.code < 500,
      `${query}: ${answer.code} ${answer.text.slice(0, 300)}`,
    );
    assertStatus(answer, [code, 422].includes(answer.code) ? answer.code : code, query);
  }
});

test('paths that climb, hold zeros or make no sense find nothing', async () => {
  const paths = [
    '/api/v1/namespaces/default/configmaps/..%2f..%2fsecrets',
    '/api/v1/namespaces/default/configmaps/%00',
    '/api/v1/namespaces/default/configmaps/%',
    '/apis/x/y/z/a/b/c/d',
    `/api/v1/${'a/'.repeat(2000)}`,
    '/%2e%2e/%2e%2e/etc/passwd',
  ];
  for (const path of paths) {
    const answer = await send('GET', path);
    assert.ok([400, 403, 404].includes(answer.code), `${path}: ${answer.code}`);
    assertStatus(answer, answer.code, path);
  }
  const climbed = await send('GET', '/api/v1/namespaces/..%2fconfigmaps%2fdefault/configmaps');
  assert.deepEqual((JSON.parse(climbed.text) as { items: unknown[] }).items, []);
});

test('a huge selector is answered or refused, in time', async () => {
  const values = Array.from({ length: 400 }, (_, index) => `v${index}`).join(',');
  const { code } = await send(
    'GET',
    `${CONFIG_MAPS}?labelSelector=${encodeURIComponent(`a in (${values})`)}`,
  );
  assert.equal(code, 200);
  const huge = await send('GET', `${CONFIG_MAPS}?labelSelector=${'a,'.repeat(40_000)}`).catch(
    () => undefined,
  );
  assert.ok(huge === undefined || huge.code >= 400);
  await assertAnswers();
});

test('clients that say half of something, or nothing, keep nobody from being served', async () => {
  const port = Number(url.port);
  const sockets: Socket[] = [];
  const { cert, key, ca } = cluster;
  for (let index = 0; index < 150; index += 1) {
    const plain = connectPlain(port, url.hostname);
    // Half a handshake.
    if (index % 3 === 0) plain.write(Buffer.from([22, 3, 1, 2, 0]));
    plain.on('error', () => {});
    sockets.push(plain);
    const tls = connectTls({ port, host: url.hostname, cert, key, ca });
    tls.on('error', () => {});
    tls.on('secureConnect', () =>
      tls.write(
        index % 2 === 0
          ? 'GET /api HTTP/1.1\r\nHost: x\r\nX-Slow'
          : 'POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{',
      ),
    );
    sockets.push(tls);
  }
  await delay(500);
  await assertAnswers();
  const heads = sockets.filter((_, index) => index % 4 === 1);
  const deadline = Date.now() + 45_000;
  while (heads.some((socket) => !socket.destroyed) && Date.now() < deadline) await delay(500);
  assert.deepEqual(
    heads.filter((socket) => !socket.destroyed).length,
    0,
    'who does not finish its head is left',
  );
  for (const socket of sockets) socket.destroy();
  await assertAnswers();
});

test('2,000 connections and 500 watches that nobody reads leave room for others, and go with their clients', async () => {
  const { cert, key, ca } = cluster;
  const sockets = await Promise.all(
    Array.from({ length: 2000 }, async () => {
      const socket = connectPlain(Number(url.port), url.hostname);
      socket.on('error', () => {});
      await once(socket, 'connect');
      return socket;
    }),
  );
  const watchers: Socket[] = [];
  for (let index = 0; index < 500; index += 1) {
    const tls = connectTls({ port: Number(url.port), host: url.hostname, cert, key, ca });
    tls.on('error', () => {});
    await once(tls, 'secureConnect');
    tls.pause();
    tls.write(`GET ${CONFIG_MAPS}?watch=1 HTTP/1.1\r\nHost: x\r\n\r\n`);
    watchers.push(tls);
  }
  await assertAnswers();
  const before = residentMb();
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const data = { blob: 'x'.repeat(50_000) };
  for (let index = 0; index < 100; index += 1) {
    const metadata = { name: 'storm' };
    const body = JSON.stringify({ metadata, data: { ...data, index: String(index) } });
    const path = index === 0 ? CONFIG_MAPS : `${CONFIG_MAPS}/storm`;
    const { code } = await send(index === 0 ? 'POST' : 'PUT', path, { body, agent });
    assert.ok(code < 300, String(code));
  }
  await assertAnswers();
  const grown = residentMb() - before;
  // 100 events of 50 kB for 500 watchers would be 2.5 GB.
  assert.ok(grown < 400, `the server has grown by ${grown.toFixed(0)} MB`);
  agent.destroy();
  for (const socket of [...sockets, ...watchers]) socket.destroy();
  await assertAnswers();
});

test('whatever is asked for, the answer is JSON that makes sense, and no bug', async () => {
  const name = fc.oneof(
    fc.constantFrom(
      'default',
      'kept',
      'pods',
      'configmaps',
      'secrets',
      'nodes',
      'status',
      'scale',
      'v1',
      'apps',
      'deployments',
      'watch',
      'namespaces',
      'kube-system',
      'events',
      'log',
      'binding',
      'eviction',
      'exec',
      'proxy',
      '..',
      '%00',
      '%2F',
      '__proto__',
    ),
    fc.string({ maxLength: 12 }).map(encodeURIComponent),
  );
  const path = fc
    .tuple(
      fc.constantFrom(
        '/api/v1',
        '/apis/apps/v1',
        '/apis/batch/v1',
        '/apis/events.k8s.io/v1',
        '/apis/metrics.k8s.io/v1beta1',
        '/apis/rbac.authorization.k8s.io/v1',
        '/apis',
        '/api',
        '',
        '/openapi',
        '/api/v1/namespaces/default',
        '/apis/apps/v1/namespaces/default',
      ),
      fc.array(name, { maxLength: 5 }),
    )
    .map(([prefix, parts]) => [prefix, ...parts].join('/') || '/');
  const query = fc
    .dictionary(
      fc.constantFrom(
        'limit',
        'continue',
        'resourceVersion',
        'labelSelector',
        'fieldSelector',
        'dryRun',
        'fieldValidation',
        'fieldManager',
        'gracePeriodSeconds',
        'propagationPolicy',
        'resourceVersionMatch',
        'pretty',
        'container',
        'tailLines',
      ),
      fc.oneof(
        fc.constantFrom('', '0', '1', 'true', 'All', 'Strict', '-5', 'a=b'),
        fc.string({ maxLength: 20 }),
        fc
          .record({
            v: fc.constantFrom('peapod/v1', 'x'),
            rv: fc.oneof(fc.integer({ min: -2, max: 50 }), fc.double(), fc.string({ maxLength: 3 })),
            start: fc.oneof(
              fc.string({ maxLength: 8 }),
              fc.constantFrom('kept', 'default/kept', '../x', 'a//b'),
            ),
          })
          .map((token) => Buffer.from(JSON.stringify(token)).toString('base64url')),
      ),
    )
    .map((entries) => new URLSearchParams(entries).toString());
  const body = fc.option(
    fc.oneof(
      fc.json(),
      fc.string(),
      fc
        .record({
          kind: fc.constantFrom('ConfigMap', 'Pod', 'DeleteOptions', 'Scale', 'Status'),
          apiVersion: fc.constantFrom('v1', 'apps/v1', ''),
          metadata: fc.object(),
          spec: fc.anything({ withNullPrototype: false, withBigInt: false }),
        })
        .map((value) => JSON.stringify(value) ?? ''),
    ),
    { nil: undefined },
  );
  const headers = fc.record(
    {
      accept: fc.constantFrom(
        '*/*',
        'application/json;as=Table;v=v1;g=meta.k8s.io',
        'application/yaml',
        'text/html',
        'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
      ),
      'content-type': fc.constantFrom(
        'application/json',
        'application/yaml',
        'application/merge-patch+json',
        'application/json-patch+json',
        'application/strategic-merge-patch+json',
        'application/vnd.kubernetes.protobuf',
        'x/y',
        '',
      ),
      'impersonate-user': fc.constantFrom('jane', 'system:node:x', ''),
      'impersonate-group': fc.constantFrom('system:masters', ''),
    },
    { requiredKeys: [] },
  );
  const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'OPTIONS', 'PROPFIND', 'DELETE');
  const agent = new Agent({ keepAlive: true, maxSockets: 2 });
  const asked = fc.asyncProperty(method, path, query, headers, body, async (verb, at, ask, head, sent) => {
    // What is needed below is not deleted.
    fc.pre(!(verb === 'DELETE' || (/kept|kube-system|namespaces\/default$/.test(at) && verb !== 'GET')));
    const target = ask === '' ? at : `${at}?${ask}`;
    const answer = await send(verb, target, {
      headers: head,
      agent,
      ...(sent === undefined ? {} : { body: sent }),
    });
    assert.notEqual(answer.code, 500, `${verb} ${target} ${sent}: ${answer.text}`);
    if (answer.code >= 400 && verb !== 'HEAD') assertStatus(answer, answer.code, `${verb} ${target}`);
  });
  await fc.assert(asked, runs(5000, 60_000));
  agent.destroy();
  await assertAnswers();
});

/** Paths of objects that are there, with what their bodies say they are. */
const PATCHED = {
  '/api/v1/namespaces/default/configmaps/patched': { apiVersion: 'v1', kind: 'ConfigMap', data: { a: 'b' } },
  '/api/v1/namespaces/default/pods/patched': {
    apiVersion: 'v1',
    kind: 'Pod',
    spec: {
      schedulerName: 'nobody',
      containers: [{ name: 'c', image: 'i', env: [{ name: 'A', value: '1' }] }],
    },
  },
  '/apis/apps/v1/namespaces/default/deployments/patched': {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: 'x' } },
      template: {
        metadata: { labels: { app: 'x' } },
        spec: { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 1 }] }] },
      },
    },
  },
  '/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles/patched': {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
  },
} as const;

const PARTS =
  'metadata labels annotations finalizers ownerReferences managedFields resourceVersion spec template containers name image env ports selector replicas status data rules verbs 0 1 - ~1 __proto__ constructor length a kind apiVersion $patch $retainKeys $setElementOrder/containers $deleteFromPrimitiveList/finalizers'.split(
    ' ',
  );

test('patches of every kind, whatever they say, leave objects that can be read, and find no bug', async () => {
  for (const [path, object] of Object.entries(PATCHED)) {
    const body = JSON.stringify({ ...object, metadata: { name: 'patched' } });
    const { code, text } = await send('POST', path.slice(0, path.lastIndexOf('/')), { body });
    assert.equal(code, 201, text);
  }
  const part = fc.constantFrom('', ...PARTS);
  const scalar = fc.oneof(
    fc.constantFrom(
      'delete',
      'replace',
      'merge',
      'c',
      '1',
      '',
      'patched',
      '99999999',
      null,
      true,
      0,
      -1,
      2 ** 40,
    ),
    fc.string({ maxLength: 5 }),
  );
  const { document } = fc.letrec((tie) => ({
    document: fc.oneof(
      { maxDepth: 6, withCrossShrink: true },
      scalar,
      fc.array(tie('document'), { maxLength: 3 }),
      fc.dictionary(part, tie('document'), { maxKeys: 5 }),
    ),
  }));
  const pointer = fc.array(part, { maxLength: 6 }).map((parts) => parts.map((one) => `/${one}`).join(''));
  const operation = fc.record(
    {
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'jump'),
      path: fc.oneof(pointer, fc.string({ maxLength: 5 })),
      from: pointer,
      value: document,
    },
    { requiredKeys: ['op'] },
  );
  const type = fc.constantFrom('json-patch', 'merge-patch', 'strategic-merge-patch', 'apply-patch');
  const target = fc.constantFrom(...Object.keys(PATCHED));
  const below = fc.constantFrom('', '', '', '/status', '/scale', '/ephemeralcontainers', '/resize');
  const query = fc.constantFrom(
    '',
    'dryRun=All',
    'force=true',
    'fieldValidation=Strict',
    'fieldManager=other',
  );
  const agent = new Agent({ keepAlive: true, maxSockets: 2 });
  const codes = new Map<number, number>();
  const patched = fc.asyncProperty(
    target,
    below,
    type,
    query,
    fc.array(operation, { maxLength: 4 }),
    document,
    async (path, subresource, kind, ask, operations, value) => {
      const whole = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
      const { apiVersion, kind: named } = PATCHED[path as keyof typeof PATCHED];
      const applied = { ...whole, apiVersion, kind: named, metadata: { name: 'patched' } };
      const sent = kind === 'json-patch' ? operations : kind === 'apply-patch' ? applied : value;
      const body = JSON.stringify(sent);
      const options = ask.includes('Manager') || kind !== 'apply-patch' ? ask : `fieldManager=fuzz&${ask}`;
      const suffix = kind === 'apply-patch' ? 'yaml' : 'json';
      const headers = { 'content-type': `application/${kind}+${suffix}` };
      const answer = await send('PATCH', `${path}${subresource}?${options}`, { body, headers, agent });
      codes.set(answer.code, (codes.get(answer.code) ?? 0) + 1);
      assert.notEqual(answer.code, 500, `${kind} ${path}${subresource}?${options} ${body}: ${answer.text}`);
      if (answer.code >= 400) assertStatus(answer, answer.code, `${kind} ${path}`);
      const { code, text } = await send('GET', path, { agent });
      assert.equal(code, 200, `${kind} ${path} ${body}: ${text}`);
      const { metadata } = JSON.parse(text) as { metadata: { name: string; uid: string } };
      assert.equal(metadata.name, 'patched');
    },
  );
  await fc.assert(patched, runs(1500, 30_000));
  // Neither all of them nonsense, nor none.
  for (const code of [200, 400, 422]) assert.ok((codes.get(code) ?? 0) > 10, JSON.stringify([...codes]));
  agent.destroy();
  await assertAnswers();
});

/** `PEAPOD_FUZZ_FACTOR=20` looks twenty times as long. */
function runs(numRuns: number, interruptAfterTimeLimit: number): fc.Parameters<unknown> {
  const factor = Number(process.env['PEAPOD_FUZZ_FACTOR'] ?? 1);
  return { numRuns: numRuns * factor, interruptAfterTimeLimit: interruptAfterTimeLimit * factor };
}
