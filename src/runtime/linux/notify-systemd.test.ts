import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { foreignFunction } from './libc.ts';
import { notifySystemd, socketAddress } from './notify-systemd.ts';

const socket = foreignFunction('int socket(int domain, int type, int protocol)');
const bind = foreignFunction('int bind(int fd, const void *address, uint32_t length)');
const recv = foreignFunction('long recv(int fd, _Out_ uint8_t *data, size_t length, int flags)');
const close = foreignFunction('int close(int fd)');
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;

/** What a service manager that listens there gets to hear. */
function heard(target: string): string {
  const fd: number = socket(AF_UNIX, SOCK_DGRAM, 0);
  const address = socketAddress(target);
  assert.equal(bind(fd, address, address.length), 0);
  notifySystemd('READY=1', { NOTIFY_SOCKET: target });
  const data = Buffer.alloc(100);
  const length = Number(recv(fd, data, data.length, MSG_DONTWAIT));
  close(fd);
  return data.subarray(0, Math.max(0, length)).toString();
}

test('the service manager hears it, by path and by abstract name', () => {
  const directory = mkdtempSync(join(tmpdir(), 'notify-'));
  try {
    assert.equal(heard(join(directory, 'socket')), 'READY=1');
    assert.equal(heard(`@peapod-test-${process.pid}`), 'READY=1');
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('nothing happens without a service manager', () => {
  notifySystemd('READY=1', {});
  notifySystemd('READY=1', { NOTIFY_SOCKET: '' });
});
