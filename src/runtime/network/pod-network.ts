/**
 * The network of pods. Each attachment is on disk before the first plugin runs, so that it can be taken back whatever happens:
 *
 *     <run>/network/<sandbox>.json      what is to be made, and the addresses that came of it
 *     <run>/network/leases/<bridge>/    whose address is whose on our own bridge
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import { endUnfinished } from '../linux/end-unfinished.ts';
import { findProgramsByEnvironment } from '../linux/find-programs.ts';
import { lockFile } from '../linux/lock-file.ts';
import { traced } from '../linux/trace.ts';
import { writeFileAtomic } from '../linux/write-file-atomic.ts';
import type { PodMetadata, PortMapping } from '../pod-runtime.ts';
import { removeBridge } from './bridge/bridge.ts';
import { giveBackAddresses, takeAddresses } from './bridge/leases.ts';
import { ownSubnets } from './bridge/own-subnets.ts';
import { linkPod, unlinkPod } from './bridge/pod-link.ts';
import { attach, detach } from './cni/attach.ts';
import { loadNetworkConfig, type NetworkConfig } from './cni/conflist.ts';
import { addHostPorts, prepareHost, removeHostPorts, removeRules } from './host-rules.ts';
import { isPortFree } from './is-port-free.ts';
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
   * Joins a sandbox's network namespace to the network, and does meanwhile what needs no namespace. A repeated call gives the first one's result.
   * @param sandbox.netns resolves when the namespace is there; what it throws is thrown
   * @returns the pod's addresses, the primary one first
   * @throws PeapodError NetworkError, HostPortTaken (before anything is made), MissingPrerequisite
   */
  join(
    sandbox: {
      id: string;
      metadata: PodMetadata;
      netns: () => Promise<string>;
      portMappings: readonly PortMapping[];
    },
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

interface Joined {
  sandboxId: string;
  metadata: PodMetadata;
  portMappings: readonly PortMapping[];
  /** To our own network, and not to one that the node configures. */
  own: boolean;
  /** What plugins are told: of a network that the node configures. */
  config?: NetworkConfig;
  /** `raw`: what plugins answered, to be handed to DEL. */
  result?: { ips: string[]; raw?: unknown };
  /** What was joined is being given host ports. */
  isOpening?: boolean;
}

/** Rules that were made so short a time ago are taken to be there still, when many pods start at once. */
const PREPARED_MS = 3000;

export function openPodNetwork(options: PodNetworkOptions): PodNetwork {
  const recordPath = (id: string) => join(options.directory, `${id}.json`);
  const lock = () => lockFile(join(options.directory, '.lock'));
  const leases = join(options.directory, 'leases', options.bridge);

  async function read(id: string): Promise<Joined | undefined> {
    const text = await readFile(recordPath(id), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    return text === undefined ? undefined : (wholeRecord(text) ?? (await guess(id)));
  }

  async function networkNow(): Promise<Pick<Joined, 'config' | 'own'>> {
    const config = await loadNetworkConfig(options.confDir);
    return config === undefined ? { own: true } : { own: false, config };
  }

  /** Of a record that is torn: all goes by the sandbox's id. */
  async function guess(sandboxId: string): Promise<Joined> {
    const metadata = { name: '', namespace: '', uid: '', attempt: 0 };
    return { ...(await networkNow()), sandboxId, metadata, portMappings: [] };
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
  async function prepare(subnets: readonly string[], isAlone: boolean): Promise<void> {
    if (!isAlone && performance.now() - preparedAt < PREPARED_MS) return;
    await prepareHost(options.bridge, subnets);
    preparedAt = performance.now();
  }

  async function joinOwn(
    attachment: Joined,
    netns: () => Promise<string>,
    isAlone: boolean,
  ): Promise<{ ips: string[] }> {
    const { bridge } = options;
    const subnets = await ownSubnets(bridge, options.subnet);
    const prepared = prepare(subnets, isAlone);
    const linked = takeOwnAddresses(attachment.sandboxId, subnets).then(async (ips) => {
      const namespace = await netns();
      await traced('link to the bridge', () =>
        linkPod(attachment.sandboxId, namespace, ips, { bridge, subnets }),
      );
      return ips;
    });
    const [ips] = await settleAll(linked, prepared);
    await addHostPorts(bridge, attachment, ips);
    return { ips };
  }

  async function takeOwnAddresses(sandboxId: string, subnets: readonly string[]): Promise<string[]> {
    await using _ = await lock();
    return takeAddresses(leases, sandboxId, subnets);
  }

  async function leaveOwn(joined: Joined, portMappings: readonly PortMapping[]): Promise<void> {
    const known = joined.portMappings.length > 0 ? joined.portMappings : portMappings;
    await removeHostPorts(options.bridge, known, joined.result?.ips ?? []);
    // Until an update plugins made our own network too.
    if (joined.config !== undefined) return;
    await unlinkPod(joined.sandboxId);
    giveBackAddresses(leases, joined.sandboxId, joined.result?.ips);
  }

  return {
    async join(sandbox, { signal }) {
      await mkdir(options.directory, { recursive: true, mode: 0o700 });
      const known = await read(sandbox.id);
      if (known?.result !== undefined) return known.result.ips;
      const attachment: Joined = {
        ...(await networkNow()),
        sandboxId: sandbox.id,
        metadata: sandbox.metadata,
        portMappings: sandbox.portMappings,
      };
      const { isAlone } = await claim(attachment);
      const { config } = attachment;
      const result =
        config === undefined
          ? await joinOwn(attachment, sandbox.netns, isAlone)
          : await attach({ ...attachment, config }, await sandbox.netns(), {
              binDirs: options.binDirs,
              ...(signal === undefined ? {} : { signal }),
            });
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
      await prepare(await ownSubnets(options.bridge, options.subnet), false);
      await addHostPorts(options.bridge, attachment, known.result.ips);
      await writeFileAtomic(recordPath(id), JSON.stringify(attachment), { durable: false });
    },

    isOwn: async () => (await loadNetworkConfig(options.confDir)) === undefined,

    async leave(sandboxId, netns, portMappings = []) {
      const joined = await read(sandboxId);
      if (joined === undefined) return;
      if (joined.result === undefined || joined.isOpening === true)
        await endUnfinished(() => findProgramsByEnvironment([`CNI_CONTAINERID=${sandboxId}`]));
      if (joined.own) await leaveOwn(joined, portMappings);
      const { config } = joined;
      if (config !== undefined)
        await detach({ ...joined, config }, netns, joined.result?.raw, { binDirs: options.binDirs });
      await using _ = await lock();
      // After the last pod nothing of ours stays on the host.
      if (joined.own && (await list()).every((id) => id === sandboxId)) {
        await removeRules(options.bridge);
        await removeBridge(options.bridge);
      }
      await rm(recordPath(sandboxId), { force: true });
    },

    list,
  };
}

function wholeRecord(text: string): Joined | undefined {
  try {
    const record = JSON.parse(text) as Partial<Joined> | null;
    return typeof record?.own === 'boolean' && Array.isArray(record.portMappings)
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
