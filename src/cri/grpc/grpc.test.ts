import assert from 'node:assert/strict';
import { mkdtempDisposable, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { isPeapodError, PeapodError } from '../../model/errors.ts';
import { ImageService, type ListImagesRequest } from '../api/runtime_pb.ts';
import { openGrpcConnection } from './grpc-client.ts';
import {
  createGrpcServer,
  type GrpcCall,
  grpcService,
  type GrpcService,
  type ServiceHandlers,
} from './grpc-server.ts';
import { type ListenAt, listenAt } from './listen-at.ts';

type Images = ServiceHandlers<typeof ImageService>;

const unexpected = (): never => {
  throw new Error('not in this test');
};

function handlers(some: Partial<Images>): Images {
  return {
    listImages: unexpected,
    streamImages: unexpected,
    imageStatus: unexpected,
    pullImage: unexpected,
    removeImage: unexpected,
    imageFsInfo: unexpected,
    ...some,
  };
}

async function openGrpcServer(
  listen: ListenAt,
  services: GrpcService[],
  onBug: (method: string, error: unknown) => void = () => {},
): Promise<AsyncDisposable> {
  await using opened = new AsyncDisposableStack();
  const server = opened.use(createGrpcServer({ services, onBug }));
  opened.use(await listenAt(listen, (socket) => server.accept(socket)));
  return opened.move();
}

async function serve(t: TestContext, some: Partial<Images>) {
  const directory = await mkdtempDisposable(join(tmpdir(), 'grpc-'));
  const listen = { path: join(directory.path, 'a.sock') };
  const bugs: string[] = [];
  const server = await openGrpcServer(listen, [grpcService(ImageService, handlers(some))], (method, error) =>
    bugs.push(`${method}: ${String(error)}`),
  );
  const connection = openGrpcConnection(listen);
  t.after(async () => {
    connection[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });
  return { images: connection.service(ImageService), bugs, server, ...listen };
}

test('a call takes a message there and its answer back', async (t) => {
  const { images, path } = await serve(t, {
    listImages: ({ filter }: ListImagesRequest) =>
      Promise.resolve({ images: [{ id: filter?.image?.image ?? '', size: 2n ** 63n, uid: { value: -1n } }] }),
  });
  const { images: found } = await images.listImages({ filter: { image: { image: 'a' } } });
  assert.equal(found[0]?.id, 'a');
  assert.equal(found[0]?.size, 2n ** 63n);
  assert.equal(found[0]?.uid?.value, -1n);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test('an error arrives as the same error', async (t) => {
  const { images, bugs } = await serve(t, {
    imageStatus: () => Promise.reject(new PeapodError('ImageUnauthorized', 'registry answered 401')),
    pullImage: () => Promise.reject(new PeapodError('RegistryUnavailable', 'no route')),
    removeImage: () => Promise.reject(new TypeError('oops')),
  });
  await assert.rejects(images.imageStatus({}), {
    code: 'ImageUnauthorized',
    message: 'registry answered 401',
  });
  await assert.rejects(images.pullImage({}), (error) => {
    assert.ok(isPeapodError(error, 'RegistryUnavailable'));
    assert.equal(error.message, 'no route');
    const cause = error.cause as ServiceError;
    assert.equal(cause.code, status.UNKNOWN);
    assert.equal(cause.details, 'RegistryUnavailable: no route');
    return true;
  });
  await assert.rejects(images.removeImage({}), { message: 'bug: oops' });
  assert.deepEqual(bugs, ['/runtime.v1.ImageService/RemoveImage: TypeError: oops']);
});

test('a stream of answers comes in order, and ends the handler when its reader leaves', async (t) => {
  let sent = 0;
  const ended = Promise.withResolvers<boolean>();
  const { images } = await serve(t, {
    async *streamImages(_request, { signal }: GrpcCall) {
      try {
        for (; ; sent++) yield { images: [{ id: `${sent}`, username: 'x'.repeat(100_000) }] };
      } finally {
        ended.resolve(signal.aborted);
      }
    },
  });
  const seen: string[] = [];
  for await (const {
    images: [image],
  } of images.streamImages({})) {
    seen.push(image?.id ?? '');
    if (seen.length === 5) break;
  }
  assert.deepEqual(seen, ['0', '1', '2', '3', '4']);
  assert.equal(await ended.promise, true);
  assert.ok(sent < 1_000, `${sent} answers for a reader of 5`);
});

test('a stream that fails tells its error after what came before', async (t) => {
  const { images } = await serve(t, {
    async *streamImages() {
      yield { images: [{ id: 'a' }] };
      await Promise.resolve();
      throw new PeapodError('NoSpace', 'full');
    },
  });
  const seen: number[] = [];
  await assert.rejects(
    async () => {
      for await (const answer of images.streamImages({})) seen.push(answer.images.length);
    },
    { code: 'NoSpace', message: 'full' },
  );
  assert.deepEqual(seen, [1]);
});

test('an abort and a time-out end the call at the server too', async (t) => {
  const aborted: string[] = [];
  const wait = (name: string, signal: AbortSignal) =>
    new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        aborted.push(name);
        reject(signal.reason as Error);
      });
    });
  const { images } = await serve(t, {
    pullImage: (_request, { signal }) => wait('pull', signal),
    removeImage: (_request, { signal }) => wait('remove', signal),
  });
  const controller = new AbortController();
  const pull = images.pullImage({}, { signal: controller.signal });
  setTimeout(() => controller.abort(), 50);
  await assert.rejects(pull, { name: 'AbortError' });
  await assert.rejects(images.removeImage({}, { timeoutMs: 50 }), { code: 'TimedOut' });
  await t.waitFor(() => assert.deepEqual(aborted, ['pull', 'remove']));
});

test('a server that is gone is Unavailable, and one that comes back is found', async (t) => {
  const { images, server, path } = await serve(t, { imageFsInfo: () => Promise.resolve({}) });
  await images.imageFsInfo({});
  await server[Symbol.asyncDispose]();
  await assert.rejects(images.imageFsInfo({}), { code: 'Unavailable', retryable: true });
  await using _again = await openGrpcServer({ path }, [
    grpcService(ImageService, handlers({ imageFsInfo: () => Promise.resolve({}) })),
  ]);
  await t.waitFor(() => images.imageFsInfo({}), { timeout: 20_000 });
});

test('a socket that somebody listens on is not taken away, and a dead one is replaced', async (t) => {
  const { path } = await serve(t, {});
  const open = (at: string) => openGrpcServer({ path: at }, []);
  await assert.rejects(open(path), { code: 'AlreadyExists' });
  await using directory = await mkdtempDisposable(join(tmpdir(), 'grpc-'));
  const dead = join(directory.path, 'dead.sock');
  await writeFile(dead, '');
  await using _server = await open(dead);
});

test('garbage ends its own call or connection alone', async (t) => {
  const { images, path, bugs } = await serve(t, {
    listImages: () => Promise.resolve({}),
    imageFsInfo: () => Promise.resolve({}),
  });
  const raw = new Client(`unix:${path}`, credentials.createInsecure());
  t.after(() => raw.close());
  const send = (bytes: Buffer, metadata = new Metadata(), name = 'ListImages') =>
    new Promise<status>((resolve) => {
      raw.makeUnaryRequest(
        `/runtime.v1.ImageService/${name}`,
        (value: Buffer) => value,
        (value: Buffer) => value,
        bytes,
        metadata,
        (error: ServiceError | null) => resolve(error?.code ?? status.OK),
      );
    });
  assert.equal(await send(Buffer.from([0xff, 0xff, 0xff])), status.INTERNAL);
  // An unknown field of nested groups, deeper than a stack.
  assert.notEqual(await send(Buffer.alloc(4_000_000, 0x7b)), status.OK);
  assert.equal(await send(Buffer.alloc(17 * 1024 * 1024)), status.RESOURCE_EXHAUSTED);
  assert.equal(await send(Buffer.alloc(0), new Metadata(), 'NoSuchMethod'), status.UNIMPLEMENTED);
  const large = new Metadata();
  large.set('x', 'y'.repeat(1_000_000));
  assert.notEqual(await send(Buffer.alloc(0), large), status.OK);
  const socket = connect(path, () => socket.write('GET / HTTP/1.1\r\n\r\n'.repeat(1_000)));
  await new Promise((resolve) =>
    socket
      .on('error', () => {})
      .on('close', resolve)
      .resume(),
  );
  await images.imageFsInfo({});
  assert.deepEqual(bugs, []);
});
