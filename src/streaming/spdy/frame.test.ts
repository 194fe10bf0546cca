import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, createDeflate } from 'node:zlib';
import * as fc from 'fast-check';
import { encodeFrame } from './encode-frame.ts';
import { type Frame, SpdyProtocolError } from './frame.ts';
import { FrameReader } from './frame-reader.ts';
import { HeaderCompressor, HeaderDecompressor } from './header-block.ts';
import { HEADER_DICTIONARY } from './header-dictionary.ts';

const streamId = fc.integer({ min: 1, max: 0x7fff_ffff });
const word = fc.integer({ min: 0, max: 0xffff_ffff });
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const frames: fc.Arbitrary<Frame> = fc
  .oneof(
    fc.record({
      type: fc.constantFrom('SYN_STREAM' as const, 'SYN_REPLY' as const, 'HEADERS' as const),
      streamId,
      fin: fc.boolean(),
      headers: bytes,
    }),
    fc.record({ type: fc.constant('RST_STREAM' as const), streamId, status: word }),
    fc.record({
      type: fc.constant('SETTINGS' as const),
      settings: fc
        .array(fc.tuple(fc.integer({ min: 0, max: 0xff_ffff }), word), { maxLength: 5 })
        .map((list) => new Map(list)),
    }),
    fc.record({ type: fc.constant('PING' as const), id: word }),
    fc.record({ type: fc.constant('GOAWAY' as const), lastStreamId: streamId, status: word }),
    fc.record({ type: fc.constant('WINDOW_UPDATE' as const), streamId, delta: streamId }),
    fc.record({ type: fc.constant('DATA' as const), streamId, fin: fc.boolean(), data: bytes }),
  )
  .map((frame) => ({ ...frame }));

/** Pieces of DATA frames put together again. */
function joined(list: Frame[], sent: Frame[]): Frame[] {
  const left = [...list];
  return sent.map((frame) => {
    let got = left.shift();
    while (frame.type === 'DATA' && got?.type === 'DATA' && got.data.length < frame.data.length) {
      const next = left.shift();
      if (next?.type !== 'DATA') break;
      got = { ...next, data: Buffer.concat([got.data, next.data]) };
    }
    assert.ok(got);
    return got;
  });
}

test('every frame is read as it was written, wherever the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(frames, { maxLength: 8 }), fc.integer({ min: 1, max: 400 }), (sent, step) => {
      const wire = Buffer.concat(sent.map(encodeFrame));
      const reader = new FrameReader();
      const got: Frame[] = [];
      for (let at = 0; at < wire.length; at += step) got.push(...reader.read(wire.subarray(at, at + step)));
      assert.deepEqual(joined(got, sent), sent);
    }),
  );
});

test('whatever bytes come, the reader yields frames or a protocol error, and keeps little', () => {
  const noise = fc.uint8Array({ maxLength: 2000 }).map((array) => Buffer.from(array));
  const spoilt = fc.tuple(fc.array(frames, { minLength: 1, maxLength: 5 }), fc.nat(), fc.nat(255));
  const damaged = spoilt.map(([list, at, value]) => {
    const wire = Buffer.concat(list.map(encodeFrame));
    wire[at % wire.length] = value;
    return wire;
  });
  fc.assert(
    fc.property(fc.oneof(noise, damaged), (wire) => {
      const reader = new FrameReader();
      let passed = 0;
      try {
        for (const frame of reader.read(wire)) if (frame.type === 'DATA') passed += frame.data.length;
      } catch (error) {
        assert.ok(error instanceof SpdyProtocolError);
      }
      assert.ok(passed <= wire.length);
    }),
    { numRuns: 2000 },
  );
});

test('a control frame that claims megabytes is refused before they come', () => {
  const head = Buffer.from('8003000100ffffff', 'hex');
  assert.throws(() => [...new FrameReader().read(head)], /control frame of 16777215 bytes/);
});

test('a frame of an unknown type is passed over', () => {
  const unknown = Buffer.from('800300fe0000000361626300', 'hex').subarray(0, 11);
  const ping = encodeFrame({ type: 'PING', id: 5 });
  const got = [...new FrameReader().read(Buffer.concat([unknown, ping]))];
  assert.deepEqual(got, [{ type: 'PING', id: 5 }]);
});

const name = fc.string({ minLength: 1, maxLength: 20 }).map((text) => text.toLowerCase());
const value = fc.string({ maxLength: 2000 }).map((text) => text.replaceAll('\0', ''));
const headers = fc.array(fc.tuple(name, value), { maxLength: 6 }).map((list) => new Map(list));

test('header blocks of one direction are read as they were written, one after another', () => {
  fc.assert(
    fc.property(fc.array(headers, { maxLength: 30 }), (blocks) => {
      const compressor = new HeaderCompressor();
      const decompressor = new HeaderDecompressor();
      for (const block of blocks) {
        const compressed = compressor.compress(block);
        assert.deepEqual(decompressor.decompress(compressed), block);
      }
    }),
    { numRuns: 50 },
  );
});

test("zlib's own stream is understood, block by block", async () => {
  const deflate = createDeflate({ dictionary: HEADER_DICTIONARY });
  const out: Buffer[] = [];
  deflate.on('data', (chunk: Buffer) => out.push(chunk));
  const decompressor = new HeaderDecompressor();
  for (const id of ['1', '2', '3']) {
    deflate.write(Buffer.from(`\0\0\0\x01\0\0\0\x09requestid\0\0\0\x01${id}`, 'latin1'));
    await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, resolve));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(decompressor.decompress(Buffer.concat(out.splice(0))), new Map([['requestid', id]]));
  }
});

test('header blocks that are none, or swell, are a protocol error', () => {
  const bomb = new HeaderCompressor().compress(new Map([['a', 'x'.repeat(100_000)]]));
  assert.ok(bomb.length < 1000);
  assert.throws(() => new HeaderDecompressor().decompress(bomb), SpdyProtocolError);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      const good = new HeaderCompressor().compress(new Map([['port', '80']]));
      const decompressor = new HeaderDecompressor();
      try {
        decompressor.decompress(Buffer.concat([good.subarray(0, 6), noise]));
        decompressor.decompress(Buffer.from(noise));
      } catch (error) {
        assert.ok(error instanceof SpdyProtocolError);
      }
    }),
  );
});
