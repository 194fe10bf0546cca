import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Pod } from '../model/api/types.ts';
import { PeapodError } from '../model/errors.ts';
import { startOutcome } from '../model/status/start-outcome.ts';
import type { RunningPod } from './running-pod.ts';

const RETRY_MS = 100;

/** What to wait for before a pod is of use. */
export interface WaitStrategy {
  /** Completes “pod x is not …”. */
  readonly what: string;
  /**
   * Resolves when it has come to that.
   * @param signal aborts when the time is over
   * @throws PeapodError FailedPrecondition when it cannot come to that any more
   */
  wait(pod: RunningPod, signal: AbortSignal): Promise<void>;
}

export interface HttpWait {
  readonly port: number;
  /** `/` unless told. */
  readonly path?: string;
  /** 200 to 399 unless told. */
  readonly status?: number | ((status: number) => boolean);
  readonly headers?: Readonly<Record<string, string>>;
}

export const Wait = {
  /** All containers are ready, as their probes say. */
  forReady(): WaitStrategy {
    return {
      what: 'ready',
      wait: (pod, signal) =>
        untilState(pod, signal, (state) => {
          refuseEnded(state);
          return (
            state.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ===
            true
          );
        }),
    };
  },

  /** All containers have ended; whether well is for the caller to see. */
  forExit(): WaitStrategy {
    return {
      what: 'at its end',
      wait: (pod, signal) =>
        untilState(pod, signal, ({ status }) => status?.phase === 'Succeeded' || status?.phase === 'Failed'),
    };
  },

  /** A container has written a line that matches, so many times. */
  forLog(pattern: string | RegExp, options: { container?: string; times?: number } = {}): WaitStrategy {
    const { container, times = 1 } = options;
    const matches = (line: string) =>
      typeof pattern === 'string' ? line.includes(pattern) : pattern.test(line);
    return {
      what: `so far that a line of its log matches ${pattern.toString()}`,
      async wait(pod, signal) {
        await untilState(pod, signal, hasStarted);
        let found = 0;
        const from = container === undefined ? {} : { container };
        for await (const line of pod.logs({ ...from, follow: true, signal })) {
          if (matches(line)) found += 1;
          if (found >= times) return;
        }
        signal.throwIfAborted();
        throw new PeapodError(
          'FailedPrecondition',
          `the log ended without a line that matches ${pattern.toString()}`,
        );
      },
    };
  },

  /** Something listens on the port. */
  forPort(port: number): WaitStrategy {
    return {
      what: `listening on port ${port}`,
      async wait(pod, signal) {
        await untilState(pod, signal, hasStarted);
        await retried(pod, signal, () => pod.listensOn(port));
      },
    };
  },

  /** The port answers a request well. */
  forHttp(options: HttpWait): WaitStrategy {
    const { port, path = '/', status = (code: number) => code >= 200 && code < 400, headers = {} } = options;
    const isWell = typeof status === 'number' ? (code: number) => code === status : status;
    return {
      what: `answering GET ${path} on port ${port}`,
      async wait(pod, signal) {
        await untilState(pod, signal, hasStarted);
        const mapped = await pod.port(port);
        await retried(pod, signal, async () => isWell(await statusOf(mapped.port, path, headers, signal)));
      },
    };
  },

  /** A command in a container succeeds. */
  forCommand(command: string | readonly string[], options: { container?: string } = {}): WaitStrategy {
    return {
      what: `so far that ${JSON.stringify(command)} succeeds`,
      async wait(pod, signal) {
        await untilState(pod, signal, hasStarted);
        await retried(
          pod,
          signal,
          async () => (await pod.exec(command, { ...options, signal })).exitCode === 0,
        );
      },
    };
  },

  /** Everything of this. */
  forAll(strategies: readonly WaitStrategy[]): WaitStrategy {
    return {
      what: strategies.map(({ what }) => what).join(' and '),
      async wait(pod, signal) {
        await Promise.all(strategies.map((strategy) => strategy.wait(pod, signal)));
      },
    };
  },
} as const;

async function untilState(
  pod: RunningPod,
  signal: AbortSignal,
  reached: (state: Pod) => boolean,
): Promise<void> {
  for await (const state of pod.states({ signal })) {
    if (reached(state)) return;
    const outcome = startOutcome(state, await pod.events());
    if (outcome.state === 'failed') throw new PeapodError('FailedPrecondition', outcome.message);
  }
  signal.throwIfAborted();
  throw new PeapodError('NotFound', 'it was deleted');
}

function hasStarted(state: Pod): boolean {
  return startOutcome(state, []).state === 'started';
}

function refuseEnded({ status }: Pod): void {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed')
    throw new PeapodError('FailedPrecondition', 'it has ended');
}

/** Asks again and again; what fails counts as no, unless the pod has ended. */
async function retried(pod: RunningPod, signal: AbortSignal, ask: () => Promise<boolean>): Promise<void> {
  while (!(await ask().catch(() => false))) {
    refuseEnded(await pod.get());
    await delay(RETRY_MS, undefined, { signal });
  }
}

function statusOf(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers: { ...headers }, signal, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}
