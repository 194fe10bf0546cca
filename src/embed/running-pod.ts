import { buffer } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import type { ApiClient } from '../client/api-client.ts';
import { readLines } from '../client/read-lines.ts';
import { EVENTS, PODS, resourcePath } from '../client/resource-types.ts';
import type { Transport } from '../client/transport.ts';
import { apiError } from '../client/api-error.ts';
import type { Event, Pod } from '../model/api/types.ts';
import { isPeapodError, PeapodError } from '../model/errors.ts';
import type { RemoteSession } from '../streaming/remote-session.ts';
import { copyIn, copyOut, type OpenTar, readFileOf, writeFileIn } from './copy-files.ts';
import type { MappedPort, PodStreams } from './pod-streams.ts';
import { podStates } from './pod-states.ts';
import { waitUntil } from './wait-until.ts';
import { type WaitStrategy, Wait } from './wait-strategies.ts';

export interface EngineAccess {
  readonly api: ApiClient;
  readonly transport: Transport;
  readonly streams: PodStreams;
}

export interface ExecOptions {
  /** The pod's default container, or its first, unless told. */
  readonly container?: string;
  readonly stdin?: string | Uint8Array;
  /** Ends the command's session. */
  readonly signal?: AbortSignal;
}

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface LogsOptions {
  readonly container?: string;
  /** Waits for more, until the container has ended. */
  readonly follow?: boolean;
  /** Of the instance before the last restart. */
  readonly previous?: boolean;
  readonly tailLines?: number;
  readonly timestamps?: boolean;
  readonly signal?: AbortSignal;
}

export interface WaitOptions {
  /** 60 s unless told. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** A pod that was made, in whatever state. Disposing deletes it. */
export class RunningPod implements AsyncDisposable {
  readonly name: string;
  readonly namespace: string;
  readonly #engine: EngineAccess;
  #defaultContainer: string | undefined;
  readonly #ports = new Map<number, Promise<MappedPort>>();

  constructor(engine: EngineAccess, { metadata }: Pod) {
    this.#engine = engine;
    this.name = metadata?.name ?? '';
    this.namespace = metadata?.namespace ?? 'default';
  }

  /** As it is now. @throws PeapodError NotFound */
  get(): Promise<Pod> {
    return this.#engine.api.get(PODS, this.namespace, this.name);
  }

  /** As it is now, and after each change, until it is gone or the signal aborts. */
  states(options: { signal?: AbortSignal } = {}): AsyncIterable<Pod> {
    return podStates(this.#engine.api, this, options.signal);
  }

  /** The pod's own address, which this machine reaches. @throws PeapodError FailedPrecondition before it has one */
  async ip(): Promise<string> {
    const { status } = await this.get();
    if (status?.podIP === undefined)
      throw new PeapodError('FailedPrecondition', `pod "${this.name}" has no address yet`, {
        retryable: true,
      });
    return status.podIP;
  }

  /** Its events, the oldest first. */
  async events(): Promise<Event[]> {
    const fieldSelector = `involvedObject.kind=Pod,involvedObject.name=${this.name}`;
    return (await this.#engine.api.list(EVENTS, { namespace: this.namespace, fieldSelector })).items;
  }

  /** @throws PeapodError TimedOut, or FailedPrecondition when it cannot come to that any more, with what the pod is like */
  waitFor(strategy: WaitStrategy, options: WaitOptions = {}): Promise<void> {
    return waitUntil(this, strategy, options);
  }

  /** Waits until the pod is ready. */
  waitUntilReady(options: WaitOptions = {}): Promise<void> {
    return this.waitFor(Wait.forReady(), options);
  }

  /** Runs a command to its end, whatever that is. @throws PeapodError when it cannot be run */
  async exec(command: string | readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    const { stdin, ...rest } = options;
    await using session = await this.spawn(command, { ...rest, stdin: stdin !== undefined });
    session.stdin?.on('error', () => {});
    session.stdin?.end(stdin);
    const read = async (stream: Readable | undefined) =>
      stream === undefined ? '' : (await buffer(stream)).toString();
    const [stdout, stderr, exitCode] = await Promise.all([
      read(session.stdout),
      read(session.stderr),
      session.exit,
    ]);
    return { exitCode, stdout, stderr };
  }

  /** Starts a command, and gives its streams. A text is for the shell. */
  async spawn(
    command: string | readonly string[],
    options: { container?: string; stdin?: boolean; tty?: boolean; signal?: AbortSignal } = {},
  ): Promise<RemoteSession> {
    const { stdin = false, tty = false, container = await this.#container(), ...rest } = options;
    const words = typeof command === 'string' ? ['sh', '-c', command] : command;
    return this.#engine.streams.exec(this, { ...rest, container, command: words, stdin, tty });
  }

  /** The lines that a container has written. */
  async *logs(options: LogsOptions = {}): AsyncGenerator<string> {
    const { container = await this.#container(), follow, previous, tailLines, timestamps, signal } = options;
    const query = new URLSearchParams({ container });
    if (tailLines !== undefined) query.set('tailLines', String(tailLines));
    for (const [name, wanted] of Object.entries({ follow, previous, timestamps }))
      if (wanted === true) query.set(name, 'true');
    const path = `${resourcePath(PODS, this.namespace, this.name, 'log')}?${query.toString()}`;
    const response = await this.#engine.transport.send({
      method: 'GET',
      path,
      headers: { accept: '*/*' },
      ...(signal === undefined ? {} : { signal }),
    });
    if (response.status >= 300) {
      let body = '';
      for await (const line of readLines(response.body)) body += line;
      throw apiError(response.status, body);
    }
    yield* readLines(response.body);
  }

  /** A free port of this machine that leads to the pod's, until the pod is disposed of. The same one each time. */
  async port(port: number): Promise<MappedPort> {
    const known = this.#ports.get(port);
    if (known !== undefined) return known;
    const mapped = this.#engine.streams.forward(this, port, () => this.#ports.delete(port));
    this.#ports.set(port, mapped);
    mapped.catch(() => this.#ports.delete(port));
    return mapped;
  }

  /** Whether something in the pod accepts connections to the port. */
  listensOn(port: number): Promise<boolean> {
    return this.#engine.streams.accepts(this, port, 300);
  }

  /** Copies a file or folder of this machine to be `target` in the container. The image needs tar, as for all copying. */
  copyIn(source: string, target: string, options: { container?: string } = {}): Promise<void> {
    return copyIn(source, target, this.#tar(options.container));
  }

  /** Copies a file or folder of the container to be `target` on this machine. */
  copyOut(source: string, target: string, options: { container?: string } = {}): Promise<void> {
    return copyOut(source, target, this.#tar(options.container));
  }

  writeFile(
    path: string,
    content: string | Uint8Array,
    options: { container?: string; mode?: number } = {},
  ): Promise<void> {
    return writeFileIn(path, content, options.mode ?? 0o644, this.#tar(options.container));
  }

  readFile(path: string, options: { container?: string } = {}): Promise<Buffer> {
    return readFileOf(path, this.#tar(options.container));
  }

  /** Ends the pod and resolves when nothing is left of it. */
  async delete(options: { gracePeriodSeconds?: number } = {}): Promise<void> {
    for (const mapped of this.#ports.values())
      await (await mapped.catch(() => undefined))?.[Symbol.asyncDispose]();
    this.#ports.clear();
    try {
      await this.#engine.api.delete(PODS, this.namespace, this.name, options);
    } catch (error) {
      if (!isPeapodError(error, 'NotFound')) throw error;
    }
    for await (const _ of this.states());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.delete({ gracePeriodSeconds: 0 });
  }

  /** The one that `kubectl.kubernetes.io/default-container` says, else the first. */
  async #container(): Promise<string> {
    if (this.#defaultContainer !== undefined) return this.#defaultContainer;
    const { metadata, spec } = await this.get();
    const said = metadata?.annotations?.['kubectl.kubernetes.io/default-container'];
    this.#defaultContainer = said ?? spec?.containers[0]?.name ?? '';
    return this.#defaultContainer;
  }

  #tar(container: string | undefined): OpenTar {
    return (args, stdin) =>
      this.spawn(['tar', ...args], { stdin, ...(container === undefined ? {} : { container }) });
  }
}
