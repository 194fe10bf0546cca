/** The life of one pod as a list of verbs, each of which may be repeated. */
import type { Pod } from '../../../../src/model/api/types.ts';
import { isPeapodError } from '../../../../src/model/errors.ts';
import { containerId } from '../../../../src/runtime/container/container-id.ts';
import { shellContainer } from '../../../../src/runtime/container/testing/container-host.ts';
import { runtimePaths } from '../../../../src/runtime/paths.ts';
import type { PodSandboxConfig } from '../../../../src/runtime/pod-runtime.ts';
import type { VolumeSources } from '../../../../src/runtime/pod-volumes.ts';
import { sandboxId } from '../../../../src/runtime/sandbox/sandbox-record.ts';
import type { Machine } from './machine.ts';

export interface Verb {
  readonly name: string;
  /** Only leads from one verb to the next. */
  readonly unswept?: true;
  /** Whether start-up alone takes back what a crash left of it, or finishes it. */
  readonly atomic: boolean;
  /** A step that fails late may leave it done: what runs cannot be made to never have run. */
  readonly commits?: true;
  /** Idempotent. */
  readonly run: (machine: Machine) => Promise<void>;
  /** Brings the machine from after it to before it. */
  readonly undo: (machine: Machine) => Promise<void>;
}

export const UID = '5ca1ab1e-0000-4000-8000-000000000001';
export const metadata = { name: 'victim', namespace: 'default', uid: UID, attempt: 0 };
export const sandbox = sandboxId(metadata);
const HOST_PORT = 18080;

const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata,
  spec: {
    containers: [{ name: 'a' }],
    volumes: [
      { name: 'scratch', emptyDir: {} },
      { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
      { name: 'config', configMap: { name: 'config' } },
    ],
  },
};
const sources: VolumeSources = {
  configMap: async () => ({ metadata: { name: 'config' }, data: { key: 'value', other: 'more' } }),
  secret: async () => undefined,
  claim: async () => undefined,
  persistentVolume: async () => undefined,
  serviceAccountToken: async () => '',
  downwardValue: () => '',
};
const mounts = ['scratch', 'memory', 'config'].map((name) => ({ name, mountPath: `/${name}` }));

export const POD_CGROUP: Verb = {
  name: 'pod cgroup',
  atomic: false,
  run: async ({ runtime }) => {
    await ensureCgroup(runtime);
  },
  undo: ({ runtime }) => runtime.podCgroups.remove(UID),
};

function ensureCgroup(runtime: Machine['runtime']): Promise<string> {
  return runtime.podCgroups.ensure(
    { uid: UID, qosClass: 'Burstable' },
    { cpuShares: 100, memoryLimitBytes: 2 ** 28 },
  );
}

const volumes: Verb = {
  name: 'volumes',
  atomic: false,
  run: ({ volumes }) => volumes.setUp(pod, sources),
  undo: ({ volumes }) => volumes.tearDown(UID),
};

export const RUN_SANDBOX: Verb = {
  name: 'run sandbox',
  atomic: true,
  async run({ runtime }) {
    const cgroupParent = await ensureCgroup(runtime);
    const config: PodSandboxConfig = {
      metadata,
      hostname: 'victim',
      logDirectory: `${runtimePaths().logs}/victim`,
      portMappings: [{ protocol: 'TCP', containerPort: 80, hostPort: HOST_PORT, hostIp: '' }],
      labels: {},
      annotations: {},
      linux: {
        cgroupParent,
        namespaces: { network: 'POD', pid: 'CONTAINER', ipc: 'POD' },
        sysctls: {},
        securityContext: {},
      },
    };
    await runtime.runPodSandbox(config);
  },
  undo: async ({ runtime }) => {
    await runtime.removePodSandbox(sandbox);
    // The pod's cgroup is not the sandbox's, which has made it in more hierarchies.
    await runtime.podCgroups.remove(UID);
    await ensureCgroup(runtime);
  },
};

function idOf(name: string): string {
  return containerId(sandbox, { name, attempt: 0 });
}

function create(name: string, command: string): Verb {
  return {
    name: `create ${name}`,
    atomic: true,
    async run({ runtime, volumes, image }) {
      const container = { name, volumeMounts: mounts };
      const config = shellContainer(name, command, {
        mounts: await volumes.mountsFor(pod, container, new Map()),
      });
      await runtime.createContainer(sandbox, { ...config, image });
    },
    undo: ({ runtime }) => runtime.removeContainer(idOf(name)),
  };
}

function start(creation: Verb, name: string): Verb {
  return {
    name: `start ${name}`,
    atomic: true,
    commits: true,
    run: ({ runtime }) => runtime.startContainer(idOf(name)),
    async undo(machine) {
      await creation.undo(machine);
      await creation.run(machine);
    },
  };
}

const SERVE = 'echo ready; trap "exit 0" TERM; while :; do sleep 1000 & wait $!; done';
const createInit = create('init', 'echo done');

/** To its end, as whoever comes after a crash has to: by what there is. */
const init: Verb = {
  name: 'init container',
  atomic: false,
  async run(machine) {
    await createInit.run(machine);
    for (;;) {
      const { state, exitCode, reason } = await machine.runtime.containerStatus(idOf('init'));
      if (state === 'CONTAINER_CREATED')
        await machine.runtime.startContainer(idOf('init')).catch(unlessEnded);
      if (state !== 'CONTAINER_EXITED') continue;
      if (exitCode === 0) return;
      if (reason !== 'StartError') throw new Error(`the init container ended with ${exitCode}`);
      await createInit.undo(machine);
      await createInit.run(machine);
    }
  },
  undo: (machine) => createInit.undo(machine),
};

/** One whose start was finished by the look at it may have ended since. */
function unlessEnded(error: unknown): void {
  if (!isPeapodError(error, 'FailedPrecondition')) throw error;
}

const createA = create('a', SERVE);
const createB = create('b', SERVE);

const RUN: readonly Verb[] = [
  POD_CGROUP,
  volumes,
  RUN_SANDBOX,
  init,
  createA,
  start(createA, 'a'),
  createB,
  start(createB, 'b'),
];

async function runAll(machine: Machine): Promise<void> {
  for (const verb of RUN) await verb.run(machine);
}

async function removeAll(machine: Machine): Promise<void> {
  await machine.runtime.removePodSandbox(sandbox);
  await machine.volumes.tearDown(UID);
  await machine.runtime.podCgroups.remove(UID);
  // The log directory is the agent's to remove.
}

const EXEC: Verb = {
  name: 'exec',
  atomic: true,
  async run({ runtime }) {
    const { exitCode, stdout, stderr } = await runtime.execSync(
      idOf('a'),
      ['sh', '-c', 'cat /config/key; exit 3'],
      {
        timeoutMs: 30_000,
      },
    );
    if (exitCode !== 3 || stdout.toString() !== 'value')
      throw new Error(`exec answered ${exitCode}: ${stdout.toString()}${stderr.toString()}`);
  },
  undo: async () => {},
};

const STOP: Verb = {
  name: 'stop',
  atomic: false,
  async run({ runtime }) {
    for (const name of ['a', 'b']) await runtime.stopContainer(idOf(name), 2000);
    await runtime.stopPodSandbox(sandbox);
  },
  async undo(machine) {
    await removeAll(machine);
    await runAll(machine);
  },
};

/** The whole pod at once. */
export const RUN_ALL: Verb = { name: 'run', atomic: false, run: runAll, undo: removeAll };

const REMOVE_STOPPED: Verb = {
  name: 'remove when stopped',
  atomic: false,
  run: removeAll,
  undo: async (machine) => {
    await runAll(machine);
    await STOP.run(machine);
  },
};

/** The verbs that it consists of have been swept, from the state that the removal before it was proven to leave. */
const RUN_AGAIN: Verb = { ...RUN_ALL, name: 'run again', unswept: true };

export const REMOVE: Verb = { name: 'remove', atomic: false, run: removeAll, undo: runAll };

export const POD_VERBS: readonly Verb[] = [...RUN, EXEC, STOP, REMOVE_STOPPED, RUN_AGAIN, REMOVE];
