import type { Clock } from '../../../model/clock.ts';
import { authorize } from './authorize.ts';
import { readChallenge } from './challenge.ts';
import type { Credentials } from './credentials.ts';
import type { Endpoint } from './endpoints.ts';
import { headerOf, type HttpAnswer, type HttpClient, openHttpClient, readText } from './http-client.ts';
import { answerError, connectionError, isTransient, isTemporary } from './registry-error.ts';
import { RETRIES, retryDelayMs } from './retry-delay.ts';

export interface SessionOptions {
  clock: Clock;
  env: NodeJS.ProcessEnv;
  certsDirectories?: readonly string[];
  /** Asked once, when the registry wants some. */
  credentials: () => Promise<Credentials | undefined>;
}

/** One repository of one registry, with the connections and the authorisation to read it. */
export class RegistrySession implements AsyncDisposable {
  readonly endpoint: Endpoint;
  readonly #options: SessionOptions;
  readonly #client: HttpClient;
  #scheme: 'https' | 'http' = 'https';
  #schemeIsSure: boolean;
  #authorization: Promise<string> | undefined;

  private constructor(endpoint: Endpoint, client: HttpClient, options: SessionOptions) {
    this.endpoint = endpoint;
    this.#client = client;
    this.#options = options;
    this.#schemeIsSure = !endpoint.insecure;
  }

  static async open(endpoint: Endpoint, options: SessionOptions): Promise<RegistrySession> {
    const client = await openHttpClient({
      host: endpoint.host,
      insecure: endpoint.insecure,
      env: options.env,
      ...(options.certsDirectories === undefined ? {} : { certsDirectories: options.certsDirectories }),
    });
    return new RegistrySession(endpoint, client, options);
  }

  /**
   * Asks for `manifests/…` or `blobs/…` of the repository, with retries where that may help.
   * @returns an answer below 300, or one whose status is among `accepted`; the caller reads its body or dumps it
   * @throws PeapodError ImageNotFound, ImageUnauthorized, RegistryUnavailable
   */
  async get(
    resource: string,
    options: {
      headers?: Record<string, string>;
      accepted?: readonly number[];
      signal?: AbortSignal | undefined;
    } = {},
  ): Promise<HttpAnswer> {
    for (let attempt = 0; ; attempt++) {
      let answer: HttpAnswer;
      try {
        answer = await this.#getAuthorized(resource, options);
      } catch (error) {
        options.signal?.throwIfAborted();
        if (!(error instanceof ConnectionFailure)) throw error;
        if (attempt >= RETRIES || !isTransient(error.cause)) {
          throw connectionError(this.endpoint.host, error.cause);
        }
        await this.#wait(retryDelayMs(attempt), options.signal);
        continue;
      }
      if (answer.status < 300 || options.accepted?.includes(answer.status) === true) return answer;
      const text = await readText(answer);
      if (!isTemporary(answer.status) || attempt >= RETRIES) throw answerError(answer.status, text);
      await this.#wait(
        retryDelayMs(attempt, headerOf(answer, 'retry-after'), this.#options.clock.now()),
        options.signal,
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }

  /** One try, and a second when the registry wants to see who we are or our token has run out. */
  async #getAuthorized(
    resource: string,
    options: { headers?: Record<string, string>; signal?: AbortSignal | undefined },
  ): Promise<HttpAnswer> {
    const shown = this.#authorization;
    const answer = await this.#getOnce(resource, options, await shown);
    if (answer.status !== 401) return answer;
    const challenge = readChallenge([answer.headers['www-authenticate'] ?? []].flat());
    if (challenge === undefined) return answer;
    await answer.body.dump();
    if (this.#authorization === shown) {
      this.#authorization = this.#authorize(challenge, resource, options.signal);
    }
    return this.#getOnce(resource, options, await this.#authorization);
  }

  async #authorize(
    challenge: NonNullable<ReturnType<typeof readChallenge>>,
    resource: string,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const credentials = await this.#options.credentials();
    const request = { registry: this.#url(resource), path: this.endpoint.path, credentials, signal };
    try {
      return await authorize(this.#client, challenge, request);
    } catch (error) {
      this.#authorization = undefined;
      throw error;
    }
  }

  async #getOnce(
    resource: string,
    options: { headers?: Record<string, string>; signal?: AbortSignal | undefined },
    authorization: string | undefined,
  ): Promise<HttpAnswer> {
    const headers = { ...options.headers, ...(authorization === undefined ? {} : { authorization }) };
    try {
      const answer = await this.#client.send(this.#url(resource), { headers, signal: options.signal });
      this.#schemeIsSure = true;
      return answer;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (this.#schemeIsSure) throw new ConnectionFailure(error);
    }
    // Where registries.conf allows it, a registry may speak plain http. Nothing secret was shown yet.
    this.#schemeIsSure = true;
    this.#scheme = 'http';
    return this.#getOnce(resource, options, authorization);
  }

  #url(resource: string): URL {
    return new URL(`${this.#scheme}://${this.endpoint.host}/v2/${this.endpoint.path}/${resource}`);
  }

  async #wait(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
    await this.#options.clock.sleep(delayMs, signal === undefined ? {} : { signal });
  }
}

class ConnectionFailure extends Error {
  constructor(cause: unknown) {
    super('connection failed', { cause });
  }
}
