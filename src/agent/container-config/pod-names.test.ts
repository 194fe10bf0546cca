import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, PodSpec } from '../../model/api/types.ts';
import { etcHosts, mountsEtcHosts } from './etc-hosts.ts';
import { podDns } from './pod-dns.ts';
import { podHostname } from './pod-hostname.ts';
import { portMappings } from './sandbox-config.ts';
import { podSysctls, sysctlRefusal } from './sysctls.ts';
import { allocateUserNamespace } from './user-namespace.ts';

function pod(spec: Partial<PodSpec>, name = 'web'): Pod {
  return { metadata: { name, namespace: 'prod', uid: 'u1' }, spec: { containers: [], ...spec } };
}

test('the host name is the pod’s name, or what the spec says', () => {
  assert.equal(podHostname(pod({}), 'cluster.local').hostname, 'web');
  assert.equal(podHostname(pod({}, `${'a'.repeat(62)}-b`), 'c').hostname, 'a'.repeat(62));
  assert.equal(podHostname(pod({ hostname: 'h' }), 'c').hostname, 'h');
  assert.equal(podHostname(pod({ hostnameOverride: 'own.name', hostname: 'h' }), 'c').hostname, 'own.name');
  const fqdn = pod({ hostname: 'h', subdomain: 's', setHostnameAsFQDN: true });
  assert.equal(podHostname(fqdn, 'cluster.local').hostname, 'h.s.prod.svc.cluster.local');
});

test('a fully qualified name that no kernel takes is an error', () => {
  const long = pod({ hostname: 'h'.repeat(40), subdomain: 's'.repeat(20), setHostnameAsFQDN: true });
  assert.throws(() => podHostname(long, 'cluster.local'), {
    code: 'CreatePodSandboxError',
    message: /is too long \(64 characters is the max, 84 characters requested\)/,
  });
});

test('/etc/hosts tells the pod’s addresses and aliases', () => {
  const named = pod({
    hostname: 'h',
    subdomain: 's',
    hostAliases: [{ ip: '1.2.3.4', hostnames: ['a', 'b'] }],
  });
  const text = etcHosts(named, podHostname(named, 'cluster.local'), ['10.0.0.2', 'fd00::2'], '');
  assert.match(text, /^# Kubernetes-managed hosts file\.\n127\.0\.0\.1\tlocalhost\n/);
  assert.match(text, /\n10\.0\.0\.2\th\.s\.prod\.svc\.cluster\.local\th\nfd00::2\th\.s/);
  assert.match(text, /# Entries added by HostAliases\.\n1\.2\.3\.4\ta\tb\n$/);
  const onNode = pod({ hostNetwork: true });
  assert.match(
    etcHosts(onNode, podHostname(onNode, 'c'), [], '127.0.0.1\tmine\n'),
    /host network\)\.\n127\.0\.0\.1\tmine\n/,
  );
  assert.equal(mountsEtcHosts([{ mountPath: '/etc/hosts/' }]), false);
});

test('the resolver is the node’s, with what dnsConfig adds, or dnsConfig’s alone', () => {
  const node = '# x\nnameserver 10.0.0.1\nsearch a b\noptions ndots:1 rotate\n';
  const dnsConfig = {
    nameservers: ['9.9.9.9'],
    searches: ['c'],
    options: [{ name: 'ndots', value: '5' }, { name: 'edns0' }],
  };
  assert.deepEqual(podDns(pod({ dnsPolicy: 'Default', dnsConfig }), node), {
    servers: ['10.0.0.1', '9.9.9.9'],
    searches: ['a', 'b', 'c'],
    options: ['ndots:5', 'rotate', 'edns0'],
  });
  assert.deepEqual(podDns(pod({ dnsPolicy: 'None', dnsConfig }), node).servers, ['9.9.9.9']);
});

test('ports are mapped where they have a hostPort', () => {
  const ports = [{ containerPort: 80, hostPort: 8080, protocol: 'TCP' }, { containerPort: 81 }];
  assert.deepEqual(portMappings(pod({ containers: [{ name: 'c', ports }] })), [
    { protocol: 'TCP', containerPort: 80, hostPort: 8080, hostIp: '' },
  ]);
  assert.deepEqual(portMappings(pod({ hostNetwork: true, containers: [{ name: 'c', ports }] })), []);
});

/** The sysctl, the spec, and why it is refused. */
const SYSCTLS: [string, Partial<PodSpec>, RegExp | undefined][] = [
  ['net.ipv4.tcp_syncookies', {}, undefined],
  ['net/ipv4/tcp_syncookies', {}, undefined],
  ['kernel.shm_rmid_forced', {}, undefined],
  ['kernel.core_pattern', {}, /"kernel\.core_pattern" not allowlisted/],
  ['net.ipv4.tcp_syncookies', { hostNetwork: true }, /not allowed with host net enabled/],
  ['kernel.shm_rmid_forced', { hostIPC: true }, /not allowed with host ipc enabled/],
];

for (const [name, spec, refused] of SYSCTLS) {
  test(`sysctl ${name} with ${JSON.stringify(spec)} is ${refused ? 'refused' : 'taken'}`, () => {
    const refusal = sysctlRefusal(pod({ ...spec, securityContext: { sysctls: [{ name, value: '1' }] } }));
    if (refused === undefined) assert.equal(refusal, undefined);
    else assert.match(refusal?.message ?? '', refused);
  });
}

test('a sysctl may be written with slashes', () => {
  const sysctls = [{ name: 'net/ipv4/conf/eth0.1/x', value: '1' }];
  assert.deepEqual(podSysctls(pod({ securityContext: { sysctls } })), { 'net.ipv4.conf.eth0/1.x': '1' });
});

test('no two pods get the same ids, and a pod keeps its own', () => {
  const sandboxes: Parameters<typeof allocateUserNamespace>[1][number][] = [];
  const ranges = new Set<number>();
  for (let index = 0; index < 300; index++) {
    const uid = `pod-${index % 7}-${index}`;
    const userns = allocateUserNamespace(uid, sandboxes);
    const first = userns.uids[0]?.hostId ?? 0;
    assert.ok(first >= 65_536 && first % 65_536 === 0 && first + 65_536 <= 2 ** 31);
    assert.ok(!ranges.has(first));
    ranges.add(first);
    sandboxes.push({
      id: uid,
      metadata: { name: uid, namespace: 'd', uid, attempt: 0 },
      state: 'SANDBOX_READY',
      createdAt: 0,
      ips: [],
      pid: 1,
      labels: {},
      annotations: {},
      namespaces: { network: 'POD', pid: 'CONTAINER', ipc: 'POD', userns },
      cgroupParent: '',
      runtimeHandler: '',
    });
    assert.deepEqual(allocateUserNamespace(uid, sandboxes), userns);
  }
});
