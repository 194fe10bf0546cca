/** Every field of every request is used or refused by its name; what is neither is on a list here, with the reason. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { create, type DescField, type DescMessage, type Message } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { FakePodRuntime } from '../../runtime/testing/fake-pod-runtime.ts';
import { realClock } from '../../streaming/testing/real-clock.ts';
import { ImageService, NamespaceMode, RuntimeService } from '../api/runtime_pb.ts';
import { toGrpcStatus } from '../grpc/grpc-status.ts';
import { CpuRates } from './cpu-rates.ts';
import { criServices } from './cri-services.ts';
import { EventHub } from './event-hub.ts';
import { SharedWork } from './shared-work.ts';

/** Requests by their path, with the name of a field and all below it. */
const READ_BY_NOBODY: Record<string, string> = {
  'Version.version': 'there is one version of the API only',
  'PullImage.sandboxConfig': 'an image is the same for every pod',
  'CreateContainer.sandboxConfig': 'the same as at RunPodSandbox, which is remembered',
  'Exec.auditRequestId': 'for an audit log: the caller keeps it',
  'Attach.auditRequestId': 'for an audit log: the caller keeps it',
};
/** Of an image wherever it is named: one reference says it all. */
const IMAGE_FIELDS = ['annotations', 'userSpecifiedImage', 'imageRef'];
const IMAGES: Record<string, readonly string[]> = {
  'ListImages.filter.image': IMAGE_FIELDS,
  'StreamImages.filter.image': IMAGE_FIELDS,
  'ImageStatus.image': IMAGE_FIELDS,
  'PullImage.image': IMAGE_FIELDS,
  'RemoveImage.image': IMAGE_FIELDS,
  'CreateContainer.config.image': ['annotations', 'imageRef'],
  'CreateContainer.config.mounts.image': IMAGE_FIELDS,
};

type Init = Record<string, unknown>;

const METADATA = { name: 'a', namespace: 'n', uid: 'u' };
const SANDBOX = 'sandbox-u-0';
const CONTAINER = `${SANDBOX}-c-0`;
const MOUNT = { containerPath: '/m', hostPath: '/tmp' };
const CONFIG = {
  metadata: { name: 'c' },
  image: { image: 'busybox' },
  mounts: [MOUNT],
  devices: [{ hostPath: '/dev/null' }],
  CDIDevices: [{ name: 'v/c=d' }],
};

/** What passes, so that all of it is looked at; several where fields exclude each other. */
const PASSING: Record<string, readonly Init[]> = {
  CheckpointContainer: [{ containerId: CONTAINER, location: '/a.tar' }],
  RunPodSandbox: [
    { config: { metadata: METADATA } },
    { config: { metadata: METADATA }, without: ['seccomp'] },
  ],
  CreateContainer: [
    { podSandboxId: SANDBOX, config: CONFIG },
    { podSandboxId: SANDBOX, config: CONFIG, without: ['seccomp', 'apparmor'] },
    {
      podSandboxId: SANDBOX,
      config: { ...CONFIG, mounts: [{ containerPath: '/m', image: { image: 'busybox' } }] },
    },
  ],
  ExecSync: [{ containerId: CONTAINER, cmd: ['a'] }],
  Exec: [{ containerId: CONTAINER, cmd: ['a'], stdout: true }],
  Attach: [{ containerId: CONTAINER, stdout: true }],
  PortForward: [{ podSandboxId: SANDBOX, port: [1] }],
  PullImage: [
    { image: { image: 'busybox' }, auth: { username: 'u' } },
    { image: { image: 'busybox' }, auth: { auth: 'dTpw' } },
  ],
};
for (const verb of ['ImageStatus', 'RemoveImage']) PASSING[verb] = [{ image: { image: 'busybox' } }];
for (const verb of ['ListImages', 'StreamImages'])
  PASSING[verb] = [{ filter: { image: { image: 'busybox' } } }];

function open(t: TestContext) {
  const runtime = new FakePodRuntime({ clock: realClock });
  runtime.containerFsInfo = () => Promise.resolve({ mountpoint: '/', usedBytes: 0, usedInodes: 0 });
  const work = new SharedWork();
  t.after(async () => work[Symbol.asyncDispose]());
  const context = {
    runtime,
    clock: realClock,
    work,
    streams: { grant: () => 'http://127.0.0.1/', [Symbol.asyncDispose]: async () => {} },
    events: new EventHub(runtime, realClock),
    rates: new CpuRates(),
    info: {},
    podCidr: '10.0.0.0/24',
    cgroupDriver: 'CGROUPFS' as const,
  };
  const services = criServices(context);
  const methods = [RuntimeService, ImageService].flatMap((service, index) =>
    service.methods.map((method) => ({ method, handler: services[index]?.handlers[method.localName] })),
  );
  const call = async (name: string, request: Message): Promise<unknown> => {
    const found = methods.find(({ method }) => method.name === name);
    const signal = AbortSignal.timeout(20_000);
    const answer = found?.handler?.(request as never, { signal });
    if (found?.method.methodKind === 'unary') return await answer;
    for await (const _ of answer as AsyncIterable<unknown>) return undefined;
    return undefined;
  };
  return { runtime, methods: methods.map(({ method }) => method), call };
}

/** A pod with a user namespace and a running container, and the image that all requests name. */
/** Anew: the request before may have been one to remove it. */
async function prepare({ runtime, call }: ReturnType<typeof open>): Promise<void> {
  await runtime.removePodSandbox(SANDBOX);
  await runtime.pullImage('busybox');
  await runtime.pullImage('sha256:1');
  const mapping = [{}];
  const usernsOptions = { mode: NamespaceMode.POD, uids: mapping, gids: mapping };
  const linux = { securityContext: { privileged: false, namespaceOptions: { usernsOptions } } };
  const { input: run } = RuntimeService.method.runPodSandbox;
  await call('RunPodSandbox', create(run, { config: { metadata: METADATA, linux } }));
  const { input } = RuntimeService.method.createContainer;
  await call('CreateContainer', create(input, { podSandboxId: SANDBOX, config: CONFIG }));
  await runtime.startContainer(CONTAINER);
}

/** Every field of the message that is another message is there, and every list has an item. */
function filled(desc: DescMessage, init: Init, without: readonly string[]): Message {
  const all: Init = { ...init };
  for (const field of desc.fields) {
    const { localName } = field;
    if (without.includes(localName) || isWindows(field)) continue;
    const given = all[localName];
    if (field.fieldKind === 'message' && field.message.name !== 'Int64Value')
      all[localName] = filled(field.message, (given ?? {}) as Init, without);
    if (field.fieldKind === 'list' && field.listKind === 'message')
      all[localName] = ((given as Init[] | undefined) ?? [{}]).map((item) =>
        filled(field.message, item, without),
      );
  }
  return create(desc, all);
}

function isWindows(field: DescField): boolean {
  return field.fieldKind === 'message' && field.message.name.startsWith('Windows');
}

/** The same message, which notes what of it is looked at. */
function watched<Value extends object>(message: Value, path: string, seen: Set<string>): Value {
  return new Proxy(message, {
    get(target, key, receiver) {
      const value: unknown = Reflect.get(target, key, receiver);
      if (typeof key !== 'string') return value;
      const at = `${path}.${key}`;
      seen.add(at);
      const isMessage = (each: unknown): each is object =>
        typeof each === 'object' && each !== null && '$typeName' in each;
      if (Array.isArray(value))
        return value.map((item: unknown) => (isMessage(item) ? watched(item, at, seen) : item));
      return isMessage(value) ? watched(value, at, seen) : value;
    },
  });
}

/** All fields below a message, those of one number for what may be empty not told apart. */
function fieldsOf(desc: DescMessage, path: string): string[] {
  return desc.fields.flatMap((field) => {
    const at = `${path}.${field.localName}`;
    const inner =
      field.fieldKind === 'message' || (field.fieldKind === 'list' && field.listKind === 'message');
    if (!inner || isWindows(field) || field.message.name === 'Int64Value' || READ_BY_NOBODY[at] !== undefined)
      return [at];
    return [at, ...fieldsOf(field.message, at)];
  });
}

test('every field of every request is looked at, but those that say nothing to a runtime', async (t) => {
  const cri = open(t);
  await prepare(cri);
  const seen = new Set<string>();
  for (const { name, input } of cri.methods) {
    if (name === 'GetContainerEvents') continue;
    const ids = { podSandboxId: SANDBOX, containerId: CONTAINER };
    const own = Object.fromEntries(Object.entries(ids).filter(([key]) => input.field[key] !== undefined));
    for (const { without = [], ...init } of PASSING[name] ?? [own]) {
      const request = watched(filled(input, init, without as string[]), name, seen);
      await cri.call(name, request).catch((error: unknown) => {
        // What the runtime in memory cannot do comes after the request was read.
        if (!(error instanceof Error) || !/the fake runtime has no|^runtime_config/.test(error.message))
          throw new Error(name, { cause: error });
      });
      await prepare(cri);
    }
  }
  const unread = cri.methods
    .flatMap(({ name, input }) => fieldsOf(input, name))
    .filter((at) => !seen.has(at));
  const expected = [
    ...Object.keys(READ_BY_NOBODY),
    ...Object.entries(IMAGES).flatMap(([at, names]) => names.map((name) => `${at}.${name}`)),
  ];
  assert.deepEqual(unread.sort(), expected.sort());
});

const { invalidArgument, unimplemented } = {
  invalidArgument: status.INVALID_ARGUMENT,
  unimplemented: status.UNIMPLEMENTED,
};
const pod = (init: Init): Init => ({ config: { metadata: METADATA, ...init } });
const podSecurity = (securityContext: Init): Init => pod({ linux: { securityContext } });
const container = (init: Init): Init => ({ podSandboxId: SANDBOX, config: { ...CONFIG, ...init } });
const security = (securityContext: Init): Init => container({ linux: { securityContext } });
const mount = (init: Init): Init => container({ mounts: [{ ...MOUNT, ...init }] });
const NODE = NamespaceMode.NODE;

const REFUSED: readonly [verb: string, init: Init, code: status, field: string][] = [
  ['RunPodSandbox', {}, invalidArgument, 'config'],
  ['RunPodSandbox', pod({ metadata: undefined }), invalidArgument, 'config.metadata'],
  ['RunPodSandbox', pod({ metadata: { ...METADATA, uid: '' } }), invalidArgument, 'config.metadata.uid'],
  ['RunPodSandbox', pod({ windows: {} }), unimplemented, 'config.windows'],
  ['RunPodSandbox', pod({ logDirectory: 'a' }), invalidArgument, 'config.log_directory'],
  [
    'RunPodSandbox',
    pod({ portMappings: [{ hostPort: 70_000 }] }),
    invalidArgument,
    'config.port_mappings[0].host_port',
  ],
  [
    'RunPodSandbox',
    pod({ portMappings: [{ protocol: 9 }] }),
    invalidArgument,
    'config.port_mappings[0].protocol',
  ],
  [
    'RunPodSandbox',
    podSecurity({ selinuxOptions: { type: 't' } }),
    unimplemented,
    'config.linux.security_context.selinux_options',
  ],
  [
    'RunPodSandbox',
    podSecurity({ seccomp: { localhostRef: '/p' } }),
    invalidArgument,
    'config.linux.security_context.seccomp.localhost_ref',
  ],
  [
    'RunPodSandbox',
    podSecurity({ seccomp: { profileType: 7 } }),
    invalidArgument,
    'config.linux.security_context.seccomp.profile_type',
  ],
  [
    'RunPodSandbox',
    podSecurity({ seccompProfilePath: 'x' }),
    invalidArgument,
    'config.linux.security_context.seccomp_profile_path',
  ],
  [
    'RunPodSandbox',
    podSecurity({ runAsGroup: { value: 1n } }),
    invalidArgument,
    'config.linux.security_context.run_as_group',
  ],
  [
    'RunPodSandbox',
    podSecurity({ runAsUser: { value: -1n } }),
    invalidArgument,
    'config.linux.security_context.run_as_user',
  ],
  [
    'RunPodSandbox',
    podSecurity({ supplementalGroupsPolicy: 5 }),
    invalidArgument,
    'config.linux.security_context.supplemental_groups_policy',
  ],
  [
    'RunPodSandbox',
    podSecurity({ namespaceOptions: { pid: NamespaceMode.TARGET, targetId: 'x' } }),
    invalidArgument,
    'config.linux.security_context.namespace_options.pid',
  ],
  [
    'RunPodSandbox',
    podSecurity({ namespaceOptions: { targetId: 'x' } }),
    invalidArgument,
    'config.linux.security_context.namespace_options.target_id',
  ],
  [
    'RunPodSandbox',
    podSecurity({ namespaceOptions: { network: NamespaceMode.CONTAINER } }),
    invalidArgument,
    'config.linux.security_context.namespace_options.network',
  ],
  [
    'RunPodSandbox',
    podSecurity({ namespaceOptions: { usernsOptions: { mode: NODE, uids: [{}] } } }),
    invalidArgument,
    'config.linux.security_context.namespace_options.userns_options',
  ],
  ['CreateContainer', container({ windows: {} }), unimplemented, 'config.windows'],
  ['CreateContainer', container({ image: {} }), invalidArgument, 'config.image.image'],
  [
    'CreateContainer',
    container({ image: { image: 'busybox', runtimeHandler: 'x' } }),
    invalidArgument,
    'config.image.runtime_handler',
  ],
  ['CreateContainer', container({ stopSignal: 99 }), invalidArgument, 'config.stop_signal'],
  [
    'CreateContainer',
    container({ devices: [{ hostPath: '/dev/null', permissions: 'x' }] }),
    invalidArgument,
    'config.devices[0].permissions',
  ],
  [
    'CreateContainer',
    container({ CDIDevices: [{ name: 'x' }] }),
    invalidArgument,
    'config.CDI_devices[0].name',
  ],
  [
    'CreateContainer',
    container({ linux: { resources: { memoryLimitInBytes: 2n ** 60n } } }),
    invalidArgument,
    'config.linux.resources.memoryLimitInBytes',
  ],
  ['CreateContainer', mount({ hostPath: '' }), invalidArgument, 'config.mounts[0].host_path'],
  ['CreateContainer', mount({ hostPath: '/nowhere' }), invalidArgument, 'config.mounts[0].host_path'],
  ['CreateContainer', mount({ imageSubPath: 'a' }), invalidArgument, 'config.mounts[0].image_sub_path'],
  ['CreateContainer', mount({ image: { image: 'busybox' } }), invalidArgument, 'config.mounts[0].host_path'],
  ['CreateContainer', mount({ propagation: 8 }), invalidArgument, 'config.mounts[0].propagation'],
  [
    'CreateContainer',
    mount({ recursiveReadOnly: true }),
    invalidArgument,
    'config.mounts[0].recursive_read_only',
  ],
  [
    'CreateContainer',
    mount({ uidMappings: [{ length: 5 }] }),
    invalidArgument,
    'config.mounts[0].uidMappings',
  ],
  [
    'CreateContainer',
    mount({ gidMappings: [{ length: 5 }] }),
    invalidArgument,
    'config.mounts[0].gidMappings',
  ],
  [
    'CreateContainer',
    security({ privileged: true }),
    invalidArgument,
    'config.linux.security_context.privileged',
  ],
  [
    'CreateContainer',
    security({ selinuxOptions: { level: 's0' } }),
    unimplemented,
    'config.linux.security_context.selinux_options',
  ],
  [
    'CreateContainer',
    security({ apparmor: { localhostRef: 'x' } }),
    invalidArgument,
    'config.linux.security_context.apparmor.localhost_ref',
  ],
  [
    'CreateContainer',
    security({ apparmor: { profileType: 2 } }),
    invalidArgument,
    'config.linux.security_context.apparmor.localhost_ref',
  ],
  [
    'CreateContainer',
    security({ apparmorProfile: 'x' }),
    invalidArgument,
    'config.linux.security_context.apparmor_profile',
  ],
  [
    'CreateContainer',
    security({ runAsUser: { value: 1n }, runAsUsername: 'a' }),
    invalidArgument,
    'config.linux.security_context.run_as_username',
  ],
  [
    'CreateContainer',
    security({ namespaceOptions: { network: NODE } }),
    invalidArgument,
    'config.linux.security_context.namespace_options.network',
  ],
  [
    'CreateContainer',
    security({ namespaceOptions: { ipc: NODE } }),
    invalidArgument,
    'config.linux.security_context.namespace_options.ipc',
  ],
  [
    'CreateContainer',
    security({ namespaceOptions: { pid: NamespaceMode.TARGET } }),
    invalidArgument,
    'config.linux.security_context.namespace_options.target_id',
  ],
  [
    'CreateContainer',
    security({ namespaceOptions: { usernsOptions: { uids: [{ length: 5 }], gids: [{}] } } }),
    invalidArgument,
    'config.linux.security_context.namespace_options.userns_options.uids',
  ],
  ['StopContainer', { containerId: CONTAINER, timeout: -1n }, invalidArgument, 'timeout'],
  ['UpdateContainerResources', { containerId: CONTAINER }, invalidArgument, 'linux'],
  ['UpdateContainerResources', { containerId: CONTAINER, linux: {}, windows: {} }, unimplemented, 'windows'],
  [
    'UpdateContainerResources',
    { containerId: CONTAINER, linux: {}, annotations: { a: 'b' } },
    unimplemented,
    'annotations',
  ],
  ['ExecSync', { containerId: CONTAINER, cmd: ['a'], timeout: -1n }, invalidArgument, 'timeout'],
  ['ExecSync', { containerId: CONTAINER }, invalidArgument, 'cmd'],
  [
    'Exec',
    { containerId: CONTAINER, cmd: ['a'], tty: true, stdout: true, stderr: true },
    invalidArgument,
    'stderr',
  ],
  ['Attach', { containerId: CONTAINER }, invalidArgument, 'stdin'],
  ['PortForward', { podSandboxId: SANDBOX, port: [0] }, invalidArgument, 'port[0]'],
  ['CheckpointContainer', { containerId: CONTAINER }, invalidArgument, 'location'],
  [
    'CheckpointContainer',
    { containerId: CONTAINER, location: '/a', timeout: -1n },
    invalidArgument,
    'timeout',
  ],
  [
    'PullImage',
    { image: { image: 'busybox', runtimeHandler: 'x' } },
    invalidArgument,
    'image.runtime_handler',
  ],
  ['PullImage', { image: { image: 'busybox' }, auth: { auth: 'eA==' } }, invalidArgument, 'auth.auth'],
  [
    'ImageStatus',
    { image: { image: 'busybox', runtimeHandler: 'x' } },
    invalidArgument,
    'image.runtime_handler',
  ],
  [
    'ListImages',
    { filter: { image: { runtimeHandler: 'x' } } },
    invalidArgument,
    'filter.image.runtime_handler',
  ],
  ['ListContainers', { filter: { state: { state: 9 } } }, invalidArgument, 'filter.state.state'],
  [
    'UpdateRuntimeConfig',
    { runtimeConfig: { networkConfig: { podCidr: '10.1.0.0/16' } } },
    status.FAILED_PRECONDITION,
    'runtime_config.network_config.pod_cidr',
  ],
];

test('what cannot be done is refused by the field\u2019s name, and nothing is made', async (t) => {
  const cri = open(t);
  await prepare(cri);
  const made = cri.runtime.journal.length;
  for (const [verb, init, code, field] of REFUSED) {
    const method = cri.methods.find(({ name }) => name === verb);
    assert.ok(method, verb);
    const request = create(method.input, init);
    const answer = await cri.call(verb, request).then(
      () => ({ code: status.OK, details: 'passed' }),
      (error: unknown) => toGrpcStatus(error),
    );
    assert.deepEqual(
      [answer.code, (answer.details ?? '').split(': ')[0]],
      [code, field],
      `${verb}: ${answer.details}`,
    );
  }
  assert.equal(cri.runtime.journal.length, made);
});
