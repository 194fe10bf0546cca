import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Pod, PodSpec } from '../../model/api/types.ts';
import { containerSecurityContext, podNamespaces } from './security-context.ts';

const NAMESPACES = podNamespaces(undefined);

function contextOf(own: Container['securityContext'], spec: Partial<PodSpec> = {}, imageUser = '') {
  const container: Container = { name: 'main', ...(own === undefined ? {} : { securityContext: own }) };
  const pod: Pod = {
    metadata: { name: 'web', namespace: 'default', uid: 'u1' },
    spec: { containers: [container], ...spec },
  };
  return containerSecurityContext(pod, container, {
    imageUser,
    namespaces: NAMESPACES,
    seccompProfilePath: (name) => `/profiles/${name}`,
  });
}

test("the container's word wins over the pod's", () => {
  const context = contextOf(
    { runAsUser: 5, seccompProfile: { type: 'Localhost', localhostProfile: 'strict.json' } },
    {
      securityContext: {
        runAsUser: 4,
        runAsGroup: 6,
        fsGroup: 9,
        supplementalGroups: [7],
        seccompProfile: { type: 'Unconfined' },
      },
    },
  );
  assert.equal(context.runAsUser, 5);
  assert.equal(context.runAsGroup, 6);
  assert.deepEqual(context.supplementalGroups, [7, 9]);
  assert.deepEqual(context.seccomp, { type: 'Localhost', localhostRef: '/profiles/strict.json' });
});

test("the runtime's own profile is used when nothing is said, and none for a privileged container", () => {
  assert.deepEqual(contextOf(undefined).seccomp, { type: 'RuntimeDefault' });
  assert.deepEqual(contextOf({ privileged: true }).seccomp, { type: 'Unconfined' });
  assert.equal(contextOf({ allowPrivilegeEscalation: false }).noNewPrivs, true);
  assert.deepEqual(contextOf({ procMount: 'Unmasked' }).maskedPaths, []);
  assert.equal(contextOf(undefined).maskedPaths, undefined);
});

/** `runAsUser`, the image's user, and why it is refused. */
const NON_ROOT: [number | undefined, string, RegExp | undefined][] = [
  [1000, '', undefined],
  [undefined, '1000', undefined],
  [undefined, '1000:0', undefined],
  [0, '1000', /container's runAsUser breaks non-root policy \(pod: "web_default\(u1\)", container: main\)/],
  [undefined, '', /container has runAsNonRoot and image will run as root/],
  [undefined, '0:5', /image will run as root/],
  [undefined, '00', /image will run as root/],
  [undefined, 'nobody', /image has non-numeric user \(nobody\), cannot verify user is non-root/],
];

for (const [runAsUser, imageUser, refused] of NON_ROOT) {
  test(`runAsNonRoot with user ${runAsUser} and image user "${imageUser}" is ${refused ? 'refused' : 'kept'}`, () => {
    const own = { runAsNonRoot: true, ...(runAsUser === undefined ? {} : { runAsUser }) };
    if (refused === undefined) contextOf(own, {}, imageUser);
    else
      assert.throws(() => contextOf(own, {}, imageUser), {
        code: 'CreateContainerConfigError',
        message: refused,
      });
  });
}

test('namespaces are shared as the pod says', () => {
  assert.deepEqual(podNamespaces({ containers: [] }), { network: 'POD', ipc: 'POD', pid: 'CONTAINER' });
  assert.equal(podNamespaces({ containers: [], shareProcessNamespace: true }, { targetId: 'x' }).pid, 'POD');
  assert.deepEqual(podNamespaces({ containers: [], hostNetwork: true, hostPID: true, hostIPC: true }), {
    network: 'NODE',
    ipc: 'NODE',
    pid: 'NODE',
  });
  assert.equal(podNamespaces({ containers: [] }, { targetId: 'x' }).targetId, 'x');
});
