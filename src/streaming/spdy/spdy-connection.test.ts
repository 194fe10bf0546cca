import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type Duplex, duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import * as fc from 'fast-check';
import { FakeClock } from '../../model/testing/fake-clock.ts';
import { realClock } from '../testing/real-clock.ts';
import { encodeFrame } from './encode-frame.ts';
import { type Frame, RESET } from './frame.ts';
import { FrameReader } from './frame-reader.ts';
import { HeaderCompressor } from './header-block.ts';
import { SpdyConnection, type SpdyOptions } from './spdy-connection.ts';
import { type SpdyStream, WINDOW_BYTES } from './spdy-stream.ts';

const timing = { clock: realClock, heartbeatMs: 30_000 };

function pair(options: Partial<SpdyOptions> = {}): { client: SpdyConnection; server: SpdyConnection } {
  const [one, other] = duplexPair();
  return {
    client: new SpdyConnection(one, { side: 'client', ...timing }),
    server: new SpdyConnection(other, { side: 'server', ...timing, ...options }),
  };
}

/** A peer that writes frames as it likes and remembers those that come, as spdystream does without keeping windows. */
class RawPeer {
  readonly got: Frame[] = [];
  readonly #socket: Duplex;
  readonly #compressor = new HeaderCompressor();
  closed = false;

  constructor(socket: Duplex) {
    this.#socket = socket;
    const reader = new FrameReader();
    socket.on('data', (chunk: Buffer) => this.got.push(...reader.read(chunk)));
    socket.on('error', () => {}).on('close', () => (this.closed = true));
  }

  open(streamId: number): void {
    const headers = this.#compressor.compress(new Map([['streamtype', 'data']]));
    this.send({ type: 'SYN_STREAM', streamId, fin: false, headers });
  }

  send(frame: Frame): boolean {
    return this.#socket.write(encodeFrame(frame));
  }

  count(type: Frame['type']): number {
    return this.got.filter((frame) => frame.type === type).length;
  }
}

function rawPair(onStream: (stream: SpdyStream) => void): {
  peer: RawPeer;
  server: SpdyConnection;
  socket: Duplex;
} {
  const [one, other] = duplexPair();
  return {
    peer: new RawPeer(one),
    server: new SpdyConnection(other, { side: 'server', ...timing, onStream }),
    socket: one,
  };
}

test('streams go both ways, each direction ends for itself', async () => {
  const { client, server } = pair({
    onStream: (stream) => {
      stream.accept();
      let got = '';
      stream.setEncoding('utf8').on('data', (piece: string) => (got += piece));
      stream.on('end', () => stream.end(`${stream.headers.get('name')} got ${got}`));
    },
  });
  const streams = await Promise.all(['a', 'b', 'c'].map((name) => client.open(new Map([['name', name]]))));
  for (const stream of streams) stream.end('all of it');
  assert.deepEqual(await Promise.all(streams.map((stream) => text(stream))), [
    'a got all of it',
    'b got all of it',
    'c got all of it',
  ]);
  await Promise.all([client.close(), server.close()]);
});

test('a refused stream cannot be opened', async () => {
  const { client } = pair({ onStream: (stream) => stream.refuse() });
  await assert.rejects(client.open(new Map()), new RegExp(`status ${RESET.refusedStream}`));
  client.terminate();
});

test('what is sent to a sleeping reader is bounded by the window, and flows on when it wakes', async () => {
  let taken: SpdyStream | undefined;
  const { client } = pair({
    onStream: (stream) => {
      stream.accept();
      taken = stream;
    },
  });
  const stream = await client.open(new Map());
  let sent = 0;
  const chunk = Buffer.alloc(64 * 1024);
  const write = () => {
    if (sent < 5_000_000)
      stream.write(chunk, (error) => (error ? undefined : ((sent += chunk.length), write())));
    else stream.end();
  };
  write();
  await wait(50);
  assert.ok(sent <= 2 * WINDOW_BYTES, `${sent} bytes were taken`);
  let got = 0;
  assert.ok(taken);
  for await (const piece of taken) got += (piece as Buffer).length;
  assert.equal(got, sent);
  client.terminate();
});

test('a peer that keeps no windows is not read while a store is full', async () => {
  const streams: SpdyStream[] = [];
  const { peer, server, socket } = rawPair((stream) => {
    stream.accept();
    streams.push(stream);
  });
  peer.open(1);
  const data = Buffer.alloc(16 * 1024);
  let frames = 0;
  for (; frames < 1000; frames++) {
    if (!peer.send({ type: 'DATA', streamId: 1, fin: frames === 999, data })) {
      const drained = await Promise.race([once(socket, 'drain'), wait(30)]);
      if (!drained) break;
    }
  }
  assert.ok(frames * data.length < WINDOW_BYTES + 256 * 1024, `${frames} frames were taken`);
  streams[0]?.resume();
  for (; frames < 1000; frames++) peer.send({ type: 'DATA', streamId: 1, fin: frames === 999, data });
  assert.ok(streams[0]);
  await once(streams[0], 'end');
  server.terminate();
});

test('pings are answered, also of a peer that sends thousands without reading; then it is left', async () => {
  const { peer, server } = rawPair(() => {});
  peer.send({ type: 'PING', id: 7 });
  await wait(5);
  assert.deepEqual(peer.got.at(-1), { type: 'PING', id: 7 });
  const [one, other] = duplexPair();
  const deaf = new SpdyConnection(other, { side: 'server', ...timing });
  one.on('error', () => {});
  for (let i = 0; i < 200_000 && !deaf.gone.aborted; i++) {
    if (!one.write(encodeFrame({ type: 'PING', id: 1 }))) {
      await Promise.race([once(one, 'drain'), once(deaf.gone, 'abort')]);
    }
  }
  assert.equal(deaf.gone.aborted, true);
  server.terminate();
});

test('no more streams are taken than can be served', async () => {
  const { peer, server } = rawPair((stream) => stream.accept());
  for (let id = 1; id < 2401; id += 2) peer.open(id);
  await wait(50);
  assert.equal(peer.count('SYN_REPLY'), 1000);
  assert.equal(peer.count('RST_STREAM'), 200);
  server.terminate();
});

test('an id that is not the next of the peer is refused', async () => {
  const { peer, server } = rawPair((stream) => stream.accept());
  peer.open(3);
  peer.open(1);
  peer.open(4);
  await wait(5);
  assert.equal(peer.count('SYN_REPLY'), 1);
  assert.equal(peer.count('RST_STREAM'), 2);
  server.terminate();
});

test('after a reset the data that had come can be read, and writing fails', async () => {
  const streams: SpdyStream[] = [];
  const { peer, server } = rawPair((stream) => {
    stream.accept();
    streams.push(stream);
  });
  peer.open(1);
  peer.send({ type: 'DATA', streamId: 1, fin: false, data: Buffer.from('last words') });
  peer.send({ type: 'RST_STREAM', streamId: 1, status: RESET.cancel });
  await wait(5);
  assert.ok(streams[0]);
  assert.equal(streams[0].read()?.toString(), 'last words');
  const failed = new Promise((resolve) => streams[0]?.write('x', resolve));
  assert.match(String(await failed), /reset/);
  server.terminate();
});

test('a peer that breaks the protocol is told so and left', async () => {
  const { peer, server, socket } = rawPair(() => {});
  socket.write(Buffer.from('8002000100000000', 'hex'));
  await once(server.gone, 'abort');
  assert.equal(peer.count('GOAWAY'), 1);
});

test('whatever bytes come, the connection survives them or ends, and nothing else breaks', async () => {
  const noise = fc.array(fc.uint8Array({ maxLength: 500 }), { maxLength: 10 });
  const frames = fc.array(
    fc.record({
      type: fc.constantFrom('DATA', 'RST_STREAM', 'WINDOW_UPDATE', 'PING', 'SYN_STREAM', 'GOAWAY'),
      id: fc.integer({ min: 1, max: 9 }),
      value: fc.integer({ min: 0, max: 0x7fff_ffff }),
      fin: fc.boolean(),
    }),
    { maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(frames, noise, async (list, chunks) => {
      const { peer, server, socket } = rawPair((stream) => {
        stream.accept();
        stream.on('data', (chunk: Buffer) => stream.writable && stream.write(chunk));
      });
      for (const { type, id, value, fin } of list) {
        if (type === 'SYN_STREAM') peer.open(id);
        else if (type === 'DATA') peer.send({ type, streamId: id, fin, data: Buffer.alloc(value % 5000) });
        else if (type === 'RST_STREAM') peer.send({ type, streamId: id, status: value });
        else if (type === 'WINDOW_UPDATE') peer.send({ type, streamId: id, delta: value });
        else if (type === 'PING') peer.send({ type, id: value });
        else if (type === 'GOAWAY') peer.send({ type, lastStreamId: id, status: 0 });
      }
      for (const chunk of chunks) if (socket.writable) socket.write(chunk);
      await new Promise((resolve) => setImmediate(resolve));
      server.terminate();
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(server.gone.aborted, true);
    }),
    { numRuns: 200 },
  );
});

test('a peer that answers no ping is left, and no timer with it', async () => {
  const clock = new FakeClock();
  const [one, other] = duplexPair();
  one.resume();
  const server = new SpdyConnection(other, { side: 'server', clock, heartbeatMs: 1000 });
  for (let i = 0; i < 4; i++) {
    await clock.advance(1000);
    await wait(2);
  }
  assert.equal(server.gone.aborted, true);
  assert.equal(clock.sleeping, 0);
});
