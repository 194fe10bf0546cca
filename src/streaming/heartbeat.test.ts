import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../model/testing/fake-clock.ts';
import { Heartbeat, type HeartbeatPeer } from './heartbeat.ts';

class Peer implements HeartbeatPeer {
  pings: number[] = [];
  assured = 0;
  paused = false;
  dead = false;
  ping(id: number): void {
    this.pings.push(id);
  }
  isPaused(): boolean {
    return this.paused;
  }
  assure(): void {
    this.assured += 1;
  }
  terminate(): void {
    this.dead = true;
  }
}

async function beat(clock: FakeClock, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await clock.advance(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('a peer that answers no ping is dead at the third', async () => {
  const clock = new FakeClock();
  const peer = new Peer();
  const heartbeat = new Heartbeat(peer, clock, 1000);
  await beat(clock, 2);
  assert.equal(peer.dead, false);
  await beat(clock, 1);
  assert.equal(peer.dead, true);
  assert.deepEqual(peer.pings, [1, 2]);
  assert.equal(clock.sleeping, 0);
  heartbeat.stop();
});

test('a peer that answers lives', async () => {
  const clock = new FakeClock();
  const peer = new Peer();
  const heartbeat = new Heartbeat(peer, clock, 1000);
  for (let i = 1; i <= 10; i++) {
    await beat(clock, 1);
    heartbeat.answered(i);
  }
  assert.equal(peer.dead, false);
  heartbeat.stop();
  await beat(clock, 1);
  assert.equal(clock.sleeping, 0);
});

test('a peer that may still have output to consume is not dead', async () => {
  const clock = new FakeClock();
  const peer = new Peer();
  const heartbeat = new Heartbeat(peer, clock, 1000);
  await beat(clock, 1);
  heartbeat.answered(1);
  heartbeat.sent();
  await beat(clock, 10);
  assert.equal(peer.dead, false);
  heartbeat.answered(11);
  await beat(clock, 4);
  assert.equal(peer.dead, true);
});

test('while we read nothing the peer is assured that we live, and not called dead', async () => {
  const clock = new FakeClock();
  const peer = new Peer();
  peer.paused = true;
  const heartbeat = new Heartbeat(peer, clock, 1000);
  await beat(clock, 5);
  assert.equal(peer.dead, false);
  assert.equal(peer.assured, 5);
  heartbeat.stop();
});
