/** `peapod serve` in a lab, and what is asked of it over its socket. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { unixTransport } from '../../../../src/client/unix-transport.ts';
import type { Pod } from '../../../../src/model/api/types.ts';
import { LabProcess } from './lab-process.ts';

const WITHOUT_SPARES = join(import.meta.dirname, '../without-spares.yaml');
const SOCKET = '/run/peapod/cluster/api.sock';
const PODS = '/api/v1/namespaces/default/pods';

export class LabServer extends LabProcess {
  readonly #transport = unixTransport(SOCKET);

  /** @param root its state directory */
  constructor(root: string, env: Record<string, string> = {}) {
    super(['serve', '--listen', '127.0.0.1:0', '--config', WITHOUT_SPARES], /is ready/, root, env);
  }

  override async until(what: string, holds: () => Promise<boolean>): Promise<boolean> {
    return await super.until(what, holds, () => this.#podsText());
  }

  async create(pod: Pod): Promise<void> {
    await this.#call('POST', PODS, pod);
  }

  async delete(name: string, gracePeriodSeconds?: number): Promise<void> {
    const body = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
    await this.#call('DELETE', `${PODS}/${name}`, body);
  }

  async label(name: string, labels: Record<string, string>): Promise<void> {
    const type = { 'content-type': 'application/merge-patch+json' };
    await this.#call('PATCH', `${PODS}/${name}`, { metadata: { labels } }, type);
  }

  /** @returns nothing when there is none. @throws while nobody answers */
  async get(name: string): Promise<Pod | undefined> {
    return await this.#call('GET', `${PODS}/${name}`);
  }

  async isReady(name: string, restarts = 0): Promise<boolean> {
    const pod = await this.get(name);
    const [container] = pod?.status?.containerStatuses ?? [];
    const ready = pod?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
    return ready === true && (container?.restartCount ?? -1) >= restarts;
  }

  async #call<T>(
    method: 'GET' | 'POST' | 'DELETE' | 'PATCH',
    path: string,
    body?: object,
    headers: Record<string, string> = { 'content-type': 'application/json' },
  ): Promise<T | undefined> {
    const { status, body: answer } = await this.#transport.send({
      method,
      path,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const said = (await json(answer)) as T & { message?: string };
    if (status === 404) return undefined;
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${said.message}`);
    return said;
  }

  async #podsText(): Promise<string> {
    if (!existsSync(SOCKET)) return 'no server';
    const list = await this.#call<{ items: Pod[] }>('GET', PODS).catch(String);
    return JSON.stringify(typeof list === 'string' ? list : list?.items.map(({ status }) => status)).slice(
      0,
      2000,
    );
  }
}
