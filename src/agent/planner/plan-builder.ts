import { type Action, actionKey } from './action.ts';
import type { Plan, PlanInput, StepFact } from './plan-input.ts';

/** Collects a plan: at most one action for each key, none for what is being done already, the earliest time to look again. */
export class PlanBuilder {
  readonly #busy: ReadonlyMap<string, Action>;
  readonly #held: ReadonlyMap<string, number>;
  readonly #now: number;
  readonly #actions = new Map<string, Action>();
  readonly #aborts = new Set<string>();
  #wakeAt: number | undefined;

  constructor({ busy, facts, now }: Pick<PlanInput, 'busy' | 'facts' | 'now'>) {
    this.#busy = busy;
    this.#held = facts.held;
    this.#now = now;
  }

  do(action: Action): void {
    const key = actionKey(action);
    const heldUntil = this.#held.get(key) ?? 0;
    if (heldUntil > this.#now) this.wakeAt(heldUntil);
    else if (!this.#busy.has(key) && !this.#actions.has(key)) this.#actions.set(key, action);
  }

  /** Does it unless it is done; after a failure, not before its time. */
  step(fact: StepFact, action: Action): boolean {
    if (fact.state === 'done') return true;
    if (fact.state === 'failed' && fact.retryAt > this.#now) this.wakeAt(fact.retryAt);
    else this.do(action);
    return false;
  }

  abort(key: string): void {
    if (this.#busy.has(key)) this.#aborts.add(key);
  }

  isBusy(key: string): boolean {
    return this.#busy.has(key);
  }

  wakeAt(time: number): void {
    this.#wakeAt = Math.min(this.#wakeAt ?? time, time);
  }

  build(): Plan {
    return { actions: [...this.#actions.values()], aborts: [...this.#aborts], wakeAt: this.#wakeAt };
  }
}
