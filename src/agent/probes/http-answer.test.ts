import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { httpAnswer } from './http-answer.ts';

const told = (text: string, hasEnded = false, maxBodyBytes = 1000) => {
  const answer = httpAnswer(Buffer.from(text, 'latin1'), { maxBodyBytes, hasEnded });
  return answer && [answer.status, answer.location, answer.body.toString('latin1')];
};

test('a body has the length that is told, comes in chunks, or goes on to the end', () => {
  assert.deepEqual(told('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more'), [200, undefined, 'ok']);
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n3;x=y\r\n yo\r\n0\r\n\r\n';
  assert.deepEqual(told(chunked), [200, undefined, 'ok yo']);
  assert.equal(told('HTTP/1.0 200 OK\r\n\r\nok'), undefined);
  assert.deepEqual(told('HTTP/1.0 200 OK\r\n\r\nok', true), [200, undefined, 'ok']);
  assert.deepEqual(told('HTTP/1.1 204 No Content\r\nX: y\r\n\r\n'), [204, undefined, '']);
  assert.deepEqual(told('HTTP/1.1 503\n\n', true), [503, undefined, '']);
});

test('no more of a body is waited for than is wanted', () => {
  assert.deepEqual(told(`HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n${'x'.repeat(50)}`, false, 10), [
    200,
    undefined,
    'x'.repeat(10),
  ]);
});

test('an answer that is told on the way is not the answer', () => {
  const text =
    'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 301 Moved\r\nLOCATION:  /y \r\nContent-Length: 0\r\n\r\n';
  assert.deepEqual(told(text), [301, '/y', '']);
});

test("what is broken or ends too early is said in Go's words", () => {
  const cases: [string, boolean, RegExp][] = [
    ['', true, /^EOF$/],
    ['HTTP/1.1 200 OK\r\nContent-Le', true, /^unexpected EOF$/],
    ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok', true, /^unexpected EOF$/],
    ['SSH-2.0-OpenSSH\r\n', false, /malformed HTTP response "SSH-2.0-OpenSSH"$/],
    ['HTTP/1.1 abc\r\n\r\n', false, /malformed HTTP response "HTTP\/1.1 abc"$/],
    ['HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n', false, /bad Content-Length "x"$/],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', false, /invalid byte in chunk length$/],
    ['HTTP/1.1 200 OK\r\nbad\r\n\r\n', false, /malformed MIME header line: bad$/],
    [`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}`, false, /headers exceeded the limit$/],
  ];
  for (const [text, hasEnded, message] of cases) assert.throws(() => told(text, hasEnded), { message });
});

test('an answer is the same however it comes in pieces', () => {
  const whole =
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n';
  fc.assert(
    fc.property(fc.integer({ min: 0, max: whole.length }), (length) => {
      const answer = told(whole.slice(0, length));
      assert.ok(answer === undefined || answer[2] === 'body');
    }),
  );
  assert.deepEqual(told(whole), [200, undefined, 'body']);
});
