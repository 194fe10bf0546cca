import assert from 'node:assert/strict';
import test from 'node:test';
import { FakeClock } from '../../model/testing/fake-clock.ts';
import { type RepeatedTalk, RestingTalks, type Unwell } from './resting-talks.ts';

class FakeTalk implements RepeatedTalk<string> {
  readonly #clock: FakeClock;
  readonly begun: number[] = [];
  answer: string | undefined;
  #isSilent = false;
  #onEnd: (unwell: Unwell<string> | undefined) => void = () => {};
  givenUp = false;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  begin(onEnd: (unwell: Unwell<string> | undefined) => void): void {
    this.begun.push(this.#clock.now());
    this.#onEnd = onEnd;
    if (!this.#isSilent) this.end();
  }

  fallSilent(): void {
    this.#isSilent = true;
  }

  end(): void {
    const { answer } = this;
    this.#onEnd(answer === undefined ? undefined : () => Promise.resolve(answer));
  }

  giveUp(): void {
    this.givenUp = true;
  }
}

function fixture() {
  const clock = new FakeClock();
  const at = Math.ceil(clock.now() / 10_000) * 10_000 + 10_000;
  const abort = new AbortController();
  return { clock, at, abort, talks: new RestingTalks(clock), talk: new FakeTalk(clock) };
}

test('a talk that goes well is had again in every period, until one does not', async () => {
  const { clock, at, abort, talks, talk } = fixture();
  const over = talks.rest(talk, { at, periodMs: 10_000 }, { signal: abort.signal });
  await clock.advance(at + 20_000 - clock.now());
  assert.deepEqual(talk.begun, [at, at + 10_000, at + 20_000]);
  talk.answer = 'ill';
  await clock.advance(10_000);
  const { beganAt, unwell } = await over;
  assert.equal(beganAt, at + 30_000);
  assert.equal(await unwell(), 'ill');
  await clock.advance(30_000);
  assert.equal(talk.begun.length, 4);
});

test('a talk that takes longer than its period is not had twice at a time', async () => {
  const { clock, at, abort, talks, talk } = fixture();
  const over = talks.rest(talk, { at, periodMs: 1000 }, { signal: abort.signal });
  talk.fallSilent();
  await clock.advance(at + 5000 - clock.now());
  assert.deepEqual(talk.begun, [at]);
  talk.end();
  await clock.advance(1);
  assert.equal(talk.begun.length, 2);
  abort.abort();
  await assert.rejects(over);
});

test('an abort ends what is under way or to come, and leaves no timer', async () => {
  const { clock, at, abort, talks, talk } = fixture();
  const other = new FakeTalk(clock);
  const over = talks.rest(talk, { at, periodMs: 10_000 }, { signal: abort.signal });
  const stop = new AbortController();
  const otherOver = talks.rest(other, { at, periodMs: 10_000 }, { signal: stop.signal });
  abort.abort(new Error('not needed'));
  await assert.rejects(over, /not needed/);
  assert.ok(talk.givenUp);
  await clock.advance(at - clock.now());
  assert.equal(talk.begun.length, 0);
  assert.deepEqual(other.begun, [at]);
  stop.abort(new Error('nor this one'));
  await assert.rejects(otherOver, /nor this one/);
  assert.equal(clock.sleeping, 0);
});
