/** Whose calls a process makes that may be killed at one of them: from then on no call of it does anything, and none returns. */
export class Mortal {
  #life = { isDead: false, callsLeft: Number.POSITIVE_INFINITY, isDone: false };

  /** @param isDone whether the last call still does its work @param calls that return before it */
  dieAt(calls: number, isDone: boolean): void {
    Object.assign(this.#life, { callsLeft: calls, isDone });
  }

  /** What is wrapped from now on belongs to another process; the old one is dead in any case. */
  revive(): void {
    this.#life.isDead = true;
    this.#life = { isDead: false, callsLeft: Number.POSITIVE_INFINITY, isDone: false };
  }

  /** As one process has it. */
  wrap<T extends object>(target: T): T {
    const life = this.#life;
    return new Proxy(target, {
      get(object, key) {
        const member: unknown = Reflect.get(object, key, object);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]): unknown => {
          if (life.isDead) return never();
          const isLast = life.callsLeft-- <= 0;
          if (isLast) life.isDead = true;
          if (isLast && !life.isDone) return never();
          const result: unknown = Reflect.apply(member, object, args);
          if (isLast) {
            // How it ends nobody hears.
            if (result instanceof Promise) result.catch(() => {});
            return never();
          }
          return result instanceof Promise ? result.then((value) => (life.isDead ? never() : value)) : result;
        };
      },
    });
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}
