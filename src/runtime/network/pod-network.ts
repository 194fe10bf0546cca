/**
 * The network of pods. Each attachment is on disk before the first plugin runs, so that it can be taken back whatever happens:
 *
 *     <run>/network/<sandbox>.json      what the plugins were told, and what they answered
 *     <run>/network/leases/             host-local's
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import { endUnfinished } from '../linux/end-unfinished.ts';
import { findProgramsByEnvironment } from '../linux/find-programs.ts';
import { lockFile } from '../linux/lock-file.ts';
import { writeFileAtomic } from '../linux/write-file-atomic.ts';
import type { PodMetadata, PortMapping } from '../pod-runtime.ts';
import { type Attachment, attach, detach } from './cni/attach.ts';
import { loadNetworkConfig } from './cni/conflist.ts';
import { defaultNetworkConfig, hostHasIpv6, uniqueLocalSubnet } from './default-network.ts';
import { addHostPorts, prepareHost, removeHostPorts, removeNetwork } from './host-rules.ts';
import { isPortFree } from './is-port-free.ts';
import { removeLeases } from './own-leases.ts';
import { mkdir, rm } from '../linux/files.ts';

export interface PodNetworkOptions {
  /** `<run>/network` */
  directory: string;
  confDir: string;
  binDirs: readonly string[];
  bridge: string;
  subnet: string;
}

export interface PodNetwork {
  /**
   * Joins a sandbox's network namespace to the network. A repeated call gives the first one's result.
   * @returns the pod's addresses, the primary one first
   * @throws PeapodError NetworkError, HostPortTaken (before anything is made), MissingPrerequisite
   */
  join(
    sandbox: { id: string; metadata: PodMetadata; netns: string; portMappings: readonly PortMapping[] },
    options: { signal?: AbortSignal },
  ): Promise<string[]>;
  /** Has what was joined for nobody in particular be this pod's. @throws PeapodError HostPortTaken, NetworkError */
  adopt(sandbox: { id: string; metadata: PodMetadata; portMappings: readonly PortMapping[] }): Promise<void>;
  /** Whether pods join our own network: no other is configured. */
  isOwn(): Promise<boolean>;
  /**
   * Gives everything back; gone is fine. The namespace may be gone already: then `netns` is empty.
   * @param portMappings to go by where what was written down of them is lost
   */
  leave(sandboxId: string, netns: string, portMappings?: readonly PortMapping[]): Promise<void>;
  /** The sandboxes that have something of the network. */
  list(): Promise<string[]>;
}

interface Joined extends Attachment {
  own: boolean;
  result?: { ips: string[]; raw: unknown };
  /** What was joined is being given host ports. */
  isOpening?: boolean;
}

/** Rules that were made so short a time ago are taken to be there still, when many pods start at once. */
const PREPARED_MS = 3000;

export function openPodNetwork(options: PodNetworkOptions): PodNetwork {
  const recordPath = (id: string) => join(options.directory, `${id}.json`);
  const lock = () => lockFile(join(options.directory, '.lock'));

  async function read(id: string): Promise<Joined | undefined> {
    const text = await readFile(recordPath(id), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    return text === undefined ? undefined : (wholeRecord(text) ?? (await guess(id)));
  }

  async function networkNow(): Promise<Pick<Joined, 'config' | 'own'> & { subnet6: string | undefined }> {
    const foreign = await loadNetworkConfig(options.confDir);
    const subnet6 = (await hostHasIpv6()) ? uniqueLocalSubnet(options.bridge, options.subnet) : undefined;
    const config =
      foreign ?? defaultNetworkConfig({ ...options, subnet6, leases: join(options.directory, 'leases') });
    return { config, own: foreign === undefined, subnet6 };
  }

  /** Of a record that is torn: the plugins go by the sandbox's id. */
  async function guess(sandboxId: string): Promise<Joined> {
    const { config, own } = await networkNow();
    const metadata = { name: '', namespace: '', uid: '', attempt: 0 };
    return { sandboxId, metadata, config, own, portMappings: [] };
  }

  async function list(): Promise<string[]> {
    const names = await readdir(options.directory).catch((): string[] => []);
    return names
      .filter((name) => /^[0-9a-f]+\.json$/.test(name))
      .map((name) => name.slice(0, -'.json'.length));
  }

  /** Claims the host ports and writes down what is about to be made, alone with all other pods. */
  async function claim(attachment: Joined): Promise<{ isAlone: boolean }> {
    await using _ = await lock();
    const others = (await list()).filter((id) => id !== attachment.sandboxId);
    for (const id of attachment.portMappings.length === 0 ? [] : others) {
      const other = await read(id);
      for (const mapping of attachment.portMappings) {
        if (other?.portMappings.some((taken) => clash(taken, mapping)) === true)
          throw portTaken(mapping, `pod "${other.metadata.name}"`);
      }
    }
    for (const mapping of attachment.portMappings) {
      if (!(await isPortFree(mapping))) throw portTaken(mapping, 'another process of this host');
    }
    await writeFileAtomic(recordPath(attachment.sandboxId), JSON.stringify(attachment), { durable: false });
    return { isAlone: others.length === 0 };
  }

  let preparedAt = Number.NEGATIVE_INFINITY;
  /** @param isAlone nobody else kept the network up until now */
  async function prepare(subnet6: string | undefined, isAlone: boolean): Promise<void> {
    if (!isAlone && performance.now() - preparedAt < PREPARED_MS) return;
    await prepareHost(options, subnet6);
    preparedAt = performance.now();
  }

  return {
    async join(sandbox, { signal }) {
      await mkdir(options.directory, { recursive: true, mode: 0o700 });
      const known = await read(sandbox.id);
      if (known?.result !== undefined) return known.result.ips;
      const { config, own, subnet6 } = await networkNow();
      const attachment: Joined = {
        sandboxId: sandbox.id,
        metadata: sandbox.metadata,
        config,
        portMappings: sandbox.portMappings,
        own,
      };
      const { isAlone } = await claim(attachment);
      const call = { binDirs: options.binDirs, ...(signal === undefined ? {} : { signal }) };
      const prepared = attachment.own ? prepare(subnet6, isAlone) : Promise.resolve();
      const [result] = await settleAll(attach(attachment, sandbox.netns, call), prepared);
      if (attachment.own) await addHostPorts(options.bridge, attachment, result.ips);
      await writeFileAtomic(recordPath(sandbox.id), JSON.stringify({ ...attachment, result }), {
        durable: false,
      });
      return result.ips;
    },

    async adopt({ id, metadata, portMappings }) {
      const known = await read(id);
      if (known?.result === undefined)
        throw new PeapodError('NetworkError', 'the sandbox is in no network', { retryable: true });
      const attachment: Joined = { ...known, metadata, portMappings };
      await claim(portMappings.length === 0 ? attachment : { ...attachment, isOpening: true });
      // Without host ports it needs none but the rules that it was made with; that they are still there is seen to when the next one is made ahead.
      if (portMappings.length === 0) return;
      const subnet6 = (await hostHasIpv6()) ? uniqueLocalSubnet(options.bridge, options.subnet) : undefined;
      await prepare(subnet6, false);
      await addHostPorts(options.bridge, attachment, known.result.ips);
      await writeFileAtomic(recordPath(id), JSON.stringify(attachment), { durable: false });
    },

    isOwn: async () => (await loadNetworkConfig(options.confDir)) === undefined,

    async leave(sandboxId, netns, portMappings = []) {
      const joined = await read(sandboxId);
      if (joined === undefined) return;
      if (joined.result === undefined || joined.isOpening === true)
        await endUnfinished(() => findProgramsByEnvironment([`CNI_CONTAINERID=${sandboxId}`]));
      if (joined.own)
        await removeHostPorts(
          options.bridge,
          joined.portMappings.length > 0 ? joined.portMappings : portMappings,
          joined.result?.ips ?? [],
        );
      await detach(joined, netns, joined.result?.raw, { binDirs: options.binDirs });
      // A plugin that claims to have given them back, and has not, would keep the sandbox from ever coming again.
      if (joined.own)
        await removeLeases(
          join(options.directory, 'leases', joined.config.name),
          sandboxId,
          joined.result?.ips ?? [],
        );
      await using _ = await lock();
      const isLast = (await list()).every((id) => id === sandboxId);
      if (joined.own && isLast) await removeNetwork(options.bridge);
      await rm(recordPath(sandboxId), { force: true });
    },

    list,
  };
}

function wholeRecord(text: string): Joined | undefined {
  try {
    const record = JSON.parse(text) as Partial<Joined> | null;
    return typeof record?.config === 'object' && Array.isArray(record.portMappings)
      ? (record as Joined)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Waits for both also when one fails: what the other makes has to be known before it can be taken back. */
async function settleAll<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return Promise.all([a, b]);
}

function clash(a: PortMapping, b: PortMapping): boolean {
  if (a.protocol !== b.protocol || a.hostPort !== b.hostPort) return false;
  return isAny(a.hostIp) || isAny(b.hostIp) || a.hostIp === b.hostIp;
}

function isAny(ip: string): boolean {
  return ip === '' || ip === '0.0.0.0' || ip === '::';
}

function portTaken({ protocol, hostPort }: PortMapping, by: string): PeapodError {
  return new PeapodError('HostPortTaken', `hostPort ${hostPort}/${protocol} is taken by ${by}`, {
    retryable: true,
  });
}
