/** Against Node.js's own client, and with frames by hand where a client would not send them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { type AddressInfo, connect as dial, createServer, type Server, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import * as fc from 'fast-check';
import { FLAG, FRAME, frameOf, HEAD_BYTES, numberFrame, settingsFrame } from './frames.ts';
import type { Http2Request } from './http2-request.ts';
import type { Http2Response } from './http2-response.ts';
import { type OnRequest, serveHttp2 } from './serve-http2.ts';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const { NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_REFUSED_STREAM } = constants;

let server: Server;
let port: number;
let handle: OnRequest = () => {};

before(async () => {
  server = createServer((socket) => serveHttp2(socket, (request, response) => handle(request, response)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
after(() => server.close());

async function bodyOf(request: Http2Request): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request.body as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}

function session(options: { initialWindowSize?: number } = {}): ClientHttp2Session & Disposable {
  const made = connect(`http://127.0.0.1:${port}`, { settings: options });
  return Object.assign(made, { [Symbol.dispose]: () => made.destroy() });
}

async function answerOf(stream: ClientHttp2Stream): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}

test('headers come as they were sent, request after request on one connection, whatever they are', async () => {
  using client = session();
  const names = fc.constantFrom('accept', 'x-a', 'x-b', 'user-agent', 'cookie2', '__proto__');
  const texts = fc.string({
    unit: fc.constantFrom(...Array.from(' aeiouxyz0189~`{}|\\^"<>%&/?=;:,é\xff')),
    maxLength: 300,
  });
  await fc.assert(
    fc.asyncProperty(fc.dictionary(names, texts, { noNullPrototype: false }), async (sent) => {
      const wanted = Object.entries(sent).map(([name, text]) => [name, text.trim()] as const);
      let heard: Http2Request | undefined;
      handle = (request, response) => {
        heard = request;
        response.end();
      };
      const stream = client.request({ ':path': '/x?y=z', ...Object.fromEntries(wanted) });
      await answerOf(stream);
      assert.equal(`${heard?.method} ${heard?.url}`, 'GET /x?y=z');
      for (const [name, text] of wanted) assert.equal(heard?.headers[name], text);
    }),
    { numRuns: 300 },
  );
});

test('bodies of any size go both ways, many at a time, through windows small and large', async () => {
  handle = (request, response) => {
    void bodyOf(request).then((body) => response.end(body));
  };
  for (const initialWindowSize of [1, 1000, 65_535, 16 * 1024 ** 2]) {
    using client = session({ initialWindowSize });
    const most = initialWindowSize === 1 ? 100 : 700_000;
    const sizes = [0, 1, most / 7, most / 2, most].map(Math.floor);
    await Promise.all(
      sizes.map(async (size) => {
        const body = Buffer.alloc(size, `of ${size}`);
        const stream = client.request({ ':method': 'POST', ':path': '/', 'content-length': size });
        stream.end(body);
        assert.ok((await answerOf(stream)).equals(body), `${size} through ${initialWindowSize}`);
      }),
    );
  }
});

test('what has come whole is taken at once, and what has not is read', async () => {
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
  handle = (request, response) => {
    queueMicrotask(() => {
      resolve(request.takeWhole());
      response.end();
    });
  };
  await using raw = await dialRaw();
  raw.write(
    Buffer.concat([
      headers(1, FLAG.END_HEADERS),
      frameOf(FRAME.DATA, FLAG.END_STREAM, 1, Buffer.from('all')),
    ]),
  );
  assert.equal((await promise)?.toString(), 'all');
});

test('who writes more than the client reads is told so, and when there is room again', async () => {
  const { promise, resolve } = Promise.withResolvers<Http2Response>();
  handle = (_request, response) => resolve(response.writeHead(200));
  using client = session({ initialWindowSize: 1000 });
  const stream = client.request({ ':path': '/' });
  const response = await promise;
  assert.equal(response.write(Buffer.alloc(500)), true);
  assert.equal(response.write(Buffer.alloc(1000)), false);
  let isDrained = false;
  const drained = response.drained().then(() => (isDrained = true));
  await once(stream, 'response');
  assert.equal(isDrained, false);
  stream.resume();
  await drained;
  response.end();
  await once(stream, 'end');
});

test('when the client leaves in the middle, who reads and who writes hear of it', async () => {
  const { promise, resolve } = Promise.withResolvers<[Http2Request, Http2Response]>();
  handle = (request, response) => resolve([request, response]);
  await using raw = await dialRaw();
  raw.write(Buffer.concat([headers(1, FLAG.END_HEADERS), frameOf(FRAME.DATA, 0, 1, Buffer.from('begun'))]));
  const [request, response] = await promise;
  const gone = new Promise<void>((left) => response.on('close', left));
  const failed = assert.rejects(bodyOf(request), /the client has gone/);
  raw.write(numberFrame(FRAME.RST_STREAM, 1, constants.NGHTTP2_CANCEL));
  await Promise.all([gone, failed]);
  assert.equal(response.destroyed, true);
  response.end('for nobody');
});

test('a broken-off answer fails at the client, and no other one does', async () => {
  handle = (request, response) => {
    if (request.url === '/good') return response.end('good');
    response.writeHead(200).write(Buffer.from('half'));
    response.destroy();
  };
  using client = session();
  const bad = client.request({ ':path': '/bad' });
  await assert.rejects(answerOf(bad));
  assert.equal((await answerOf(client.request({ ':path': '/good' }))).toString(), 'good');
});

const REQUEST = Buffer.from([0x82, 0x84, 0x86]);

function headers(id: number, flags: number, block = REQUEST): Buffer {
  return frameOf(FRAME.HEADERS, flags, id, block);
}

interface Raw extends AsyncDisposable {
  write(bytes: Uint8Array): void;
  /** The next frame of a type. @throws Error when the connection ends before */
  next(type: number): Promise<{ flags: number; id: number; payload: Buffer }>;
  readonly socket: Socket;
}

async function dialRaw(begin: Uint8Array = Buffer.concat([PREFACE, settingsFrame([])])): Promise<Raw> {
  const socket = dial(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(begin);
  let rest = Buffer.alloc(0);
  const bytes = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  return {
    socket,
    write: (more) => void socket.write(more),
    next: async (type) => {
      for (;;) {
        while (rest.length < HEAD_BYTES || rest.length < HEAD_BYTES + rest.readUIntBE(0, 3)) {
          const { value, done } = await bytes.next();
          if (done === true) throw new Error('the connection has ended');
          rest = Buffer.concat([rest, value]);
        }
        const end = HEAD_BYTES + rest.readUIntBE(0, 3);
        const frame = {
          flags: rest[4] ?? 0,
          id: rest.readUInt32BE(5),
          payload: rest.subarray(HEAD_BYTES, end),
        };
        const found = rest[3];
        rest = rest.subarray(end);
        if (found === type) return frame;
      }
    },
    [Symbol.asyncDispose]: async () => void socket.destroy(),
  };
}

test('a head may come in pieces, with padding and a priority, and trailers may follow the body', async () => {
  let heard = '';
  const answer = async (request: Http2Request, response: Http2Response): Promise<void> => {
    heard = `${request.method} ${request.url} ${(await bodyOf(request)).toString()}`;
    response.end();
  };
  handle = (request, response) => void answer(request, response);
  await using raw = await dialRaw();
  const padded = Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 7]), REQUEST.subarray(0, 1), Buffer.alloc(2)]);
  raw.write(frameOf(FRAME.HEADERS, FLAG.PADDED | FLAG.PRIORITY, 1, padded));
  raw.write(frameOf(FRAME.CONTINUATION, 0, 1, REQUEST.subarray(1, 2)));
  raw.write(frameOf(FRAME.CONTINUATION, FLAG.END_HEADERS, 1, REQUEST.subarray(2)));
  raw.write(
    frameOf(
      FRAME.DATA,
      FLAG.PADDED,
      1,
      Buffer.concat([Buffer.from([3]), Buffer.from('body'), Buffer.alloc(3)]),
    ),
  );
  raw.write(frameOf(0xfe, 0, 1, Buffer.from('nobody knows this')));
  const trailer = Buffer.from('\0\x03x-t\x01v', 'latin1');
  raw.write(headers(1, FLAG.END_HEADERS | FLAG.END_STREAM, trailer));
  const { payload } = await raw.next(FRAME.HEADERS);
  assert.equal(payload[0], 0x88);
  assert.equal(heard, 'GET / body');
});

test('a ping is answered with its own words', async () => {
  await using raw = await dialRaw();
  raw.write(frameOf(FRAME.PING, 0, 0, Buffer.from('12345678')));
  const { flags, payload } = await raw.next(FRAME.PING);
  assert.deepEqual([flags, payload.toString()], [FLAG.ACK, '12345678']);
});

const open = headers(1, FLAG.END_HEADERS);
const BREACHES: readonly (readonly [what: string, frames: readonly Buffer[], code: number])[] = [
  ['data of no stream', [frameOf(FRAME.DATA, 0, 0, Buffer.alloc(1))], constants.NGHTTP2_PROTOCOL_ERROR],
  ['data of a stream that was never opened', [frameOf(FRAME.DATA, 0, 7, Buffer.alloc(1))], 1],
  ['a stream of the server', [headers(2, FLAG.END_HEADERS)], 1],
  ['padding longer than the frame', [open, frameOf(FRAME.DATA, FLAG.PADDED, 1, Buffer.from([9, 1]))], 1],
  ['another frame in the middle of a head', [headers(1, 0), frameOf(FRAME.PING, 0, 0, Buffer.alloc(8))], 1],
  ['a head that nobody began', [frameOf(FRAME.CONTINUATION, 4, 1, REQUEST)], 1],
  ['a push', [frameOf(FRAME.PUSH_PROMISE, 4, 1, Buffer.alloc(8))], 1],
  ['a window that opens by nothing', [numberFrame(FRAME.WINDOW_UPDATE, 0, 0)], 1],
  ['a window too large', [numberFrame(FRAME.WINDOW_UPDATE, 0, 2 ** 31 - 1)], 3],
  ['a first window too large', [settingsFrame([[4, 2 ** 31]])], 3],
  ['a frame too large', [frameOf(FRAME.DATA, 0, 1, Buffer.alloc(16_385))], 6],
  ['settings cut short', [frameOf(FRAME.SETTINGS, 0, 0, Buffer.alloc(5))], 6],
  ['a short ping', [frameOf(FRAME.PING, 0, 0, Buffer.alloc(7))], 6],
  ['a header that is not there', [headers(1, 4, Buffer.from([0xff, 0x20]))], 9],
  ['a number without end', [headers(1, 4, Buffer.alloc(9, 0xff))], 9],
  ['a string cut short', [headers(1, 4, Buffer.from([0, 9, 65]))], 9],
  ['a table too large', [headers(1, 4, Buffer.from([0x3f, 0xe2, 0x1f]))], 9],
  [
    'a head without end',
    [headers(1, 0), ...Array.from({ length: 100 }, () => frameOf(FRAME.CONTINUATION, 0, 1, Buffer.alloc(0)))],
    11,
  ],
];

for (const [what, frames, code] of BREACHES)
  test(`who sends ${what} is told why the connection ends`, async () => {
    handle = () => {};
    await using raw = await dialRaw();
    raw.write(Buffer.concat(frames));
    const { payload } = await raw.next(FRAME.GOAWAY);
    assert.equal(payload.readUInt32BE(4), code);
    await assert.rejects(raw.next(FRAME.PING), /ended/);
  });

const MALFORMED: readonly (readonly [what: string, block: string])[] = [
  ['no path', '\x82\x86'],
  ['two methods', '\x82\x83\x84\x86'],
  ['capitals in a name', '\x82\x84\x86\0\x01X\x01v'],
  ['a header of a connection', '\x82\x84\x86\0\x0aconnection\x05close'],
  ['a method after other headers', '\x84\x86\0\x01x\x01v\x82'],
  ['a line break in a value', '\x82\x84\x86\0\x01x\x03a\r\n'],
  ['a body other than announced', '\x82\x84\x86\0\x0econtent-length\x019'],
];

for (const [what, block] of MALFORMED)
  test(`a request with ${what} is refused, and the connection goes on`, async () => {
    handle = (_request, response) => response.end();
    await using raw = await dialRaw();
    raw.write(headers(1, FLAG.END_HEADERS | FLAG.END_STREAM, Buffer.from(block, 'latin1')));
    const { payload } = await raw.next(FRAME.RST_STREAM);
    assert.equal(payload.readUInt32BE(0), constants.NGHTTP2_PROTOCOL_ERROR);
    raw.write(headers(3, FLAG.END_HEADERS | FLAG.END_STREAM));
    assert.equal((await raw.next(FRAME.HEADERS)).id, 3);
  });

test('a head too large is answered so, and what was in it still counts for the next', async () => {
  handle = (request, response) => response.end(String(request.headers['x-known']));
  await using raw = await dialRaw();
  const known = Buffer.from('\x40\x07x-known\x01k\0\x05x-big\x7f\x81\x80\x04', 'latin1');
  const block = Buffer.concat([REQUEST, known, Buffer.alloc(65_664, 'y')]);
  raw.write(headers(1, FLAG.END_STREAM, block.subarray(0, 16_000)));
  for (let at = 16_000; at < block.length; at += 16_000) {
    const isLast = at + 16_000 >= block.length;
    raw.write(frameOf(FRAME.CONTINUATION, isLast ? FLAG.END_HEADERS : 0, 1, block.subarray(at, at + 16_000)));
  }
  const { payload } = await raw.next(FRAME.HEADERS);
  assert.ok(payload.includes('431'));
  raw.write(headers(3, FLAG.END_HEADERS | FLAG.END_STREAM, Buffer.concat([REQUEST, Buffer.from([0xbe])])));
  assert.equal((await raw.next(FRAME.DATA)).payload.toString(), 'k');
});

test('more streams than are allowed are refused', async () => {
  handle = () => {};
  await using raw = await dialRaw();
  for (let id = 1; id <= 2 * 251; id += 2) raw.write(headers(id, FLAG.END_HEADERS | FLAG.END_STREAM));
  const { id, payload } = await raw.next(FRAME.RST_STREAM);
  assert.deepEqual([id, payload.readUInt32BE(0)], [501, NGHTTP2_REFUSED_STREAM]);
});

test('who opens streams only to reset them is sent away', async () => {
  handle = () => {};
  await using raw = await dialRaw();
  for (let id = 1; id <= 2 * 1500; id += 2)
    raw.write(Buffer.concat([headers(id, FLAG.END_HEADERS), numberFrame(FRAME.RST_STREAM, id, 8)]));
  assert.equal((await raw.next(FRAME.GOAWAY)).payload.readUInt32BE(4), NGHTTP2_ENHANCE_YOUR_CALM);
});

test('who has pings answered that he does not read is sent away', async () => {
  const socket = dial(port, '127.0.0.1');
  const closed = once(socket, 'close');
  socket.on('error', () => {});
  socket.write(Buffer.concat([PREFACE, settingsFrame([])]));
  socket.pause();
  const pings = Buffer.concat(Array.from({ length: 5000 }, () => frameOf(FRAME.PING, 0, 0, Buffer.alloc(8))));
  // Until the socket's memory is full, and what is beyond it.
  for (let count = 0; count < 1000 && !socket.destroyed; count += 1)
    if (!socket.write(pings)) await Promise.race([once(socket, 'drain').catch(() => {}), closed]);
  socket.resume();
  await closed;
});

test('rubbish never does more than end its connection', async () => {
  handle = (request, response) => {
    void bodyOf(request).then(
      () => response.end('x'),
      () => {},
    );
  };
  const frame = fc
    .tuple(
      fc.integer({ min: 0, max: 11 }),
      fc.nat(255),
      fc.constantFrom(0, 1, 1, 3, 5),
      fc.uint8Array({ maxLength: 40 }),
    )
    .map(([type, flags, id, payload]) => frameOf(type, flags, id, payload));
  const whole = fc.constantFrom(
    open,
    headers(3, 5),
    headers(5, 4),
    frameOf(FRAME.DATA, 1, 1, Buffer.from('x')),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(frame, whole), { maxLength: 12 }), async (frames) => {
      await using raw = await dialRaw();
      raw.write(Buffer.concat(frames));
      raw.socket.end();
      raw.socket.resume();
      await once(raw.socket, 'close');
    }),
    { numRuns: 300 },
  );
  handle = (_request, response) => response.end('still here');
  using client = session();
  assert.equal((await answerOf(client.request({ ':path': '/' }))).toString(), 'still here');
});
