import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evictionSettings } from '../../../agent/eviction/eviction-settings.ts';
import { settingsFrom } from '../../settings.ts';
import { parseConfig, readConfigFile } from './read-config.ts';
import { serveConfig } from './serve-config.ts';

const invalid = (text: string, message: string | RegExp): void => {
  const expected = typeof message === 'string' ? { code: 'Invalid', message } : message;
  assert.throws(() => parseConfig(text, 'c.yaml'), expected);
};

test('every option of serve and the settings of the agent are read', () => {
  const text = `
dataDir: /srv/peapod
listen: ':7443'
manifests: /etc/pods
root: /r
runRoot: /run/r
imagesDir: /images
nodeName: one
nodeLabels: { disk: ssd }
cniConfDir: /etc/cni
cniBinDirs: [/a, /b]
bridge: br9
subnet: 10.9.0.0/16
agent:
  maxPods: 20
  imageGCHighThresholdPercent: 70
  imageGCLowThresholdPercent: 60
  imageMinimumGCAge: 1m30s
  containerLogMaxSize: 2Mi
  containerLogMaxFiles: 3
  spareSandboxes: 0
  spareContainers: 5
  kubeReserved: { cpu: 200m, memory: 256Mi }
  systemReserved: { cpu: 1, pid: 100 }
controllers:
  nodeMonitorPeriod: 1s
  nodeMonitorGracePeriod: 10s
  terminatedPodGCThreshold: 100
`;
  const file = parseConfig(text, 'c.yaml');
  assert.deepEqual(serveConfig({}, file), {
    dataDir: '/srv/peapod',
    runtimeEndpoint: undefined,
    listen: ':7443',
    agent: {
      manifests: '/etc/pods',
      maxPods: 20,
      eviction: evictionSettings(),
      imageGc: { highThresholdPercent: 70, lowThresholdPercent: 60, minimumAgeMs: 90_000 },
      logRotation: { maxBytes: 2 * 1024 * 1024, maxFiles: 3 },
      spareSandboxes: 0,
      spareContainers: 5,
      reservations: {
        kubeReserved: { cpu: '200m', memory: '256Mi' },
        systemReserved: { cpu: '1', pid: '100' },
      },
    },
    controllers: {
      nodeLifecycle: { monitorPeriodMs: 1000, gracePeriodMs: 10_000 },
      podGc: { periodMs: 20_000, quarantineMs: 40_000, terminatedThreshold: 100 },
    },
  });
  assert.deepEqual(settingsFrom({}, {}, file), {
    root: '/r',
    run: '/run/r',
    images: '/images',
    nodeName: 'one',
    nodeLabels: { disk: 'ssd' },
    cniConfDir: '/etc/cni',
    cniBinDirs: ['/a', '/b'],
    bridge: 'br9',
    subnet: '10.9.0.0/16',
  });
});

test('flags win over variables, and these over the file', () => {
  const file = parseConfig('listen: 127.0.0.1:1\nnodeName: of-file\nbridge: brf\nsubnet: 10.1.0.0/16', 'c');
  assert.equal(serveConfig({ listen: '127.0.0.1:2' }, file).listen, '127.0.0.1:2');
  const settings = settingsFrom({ nodeName: 'of-flag' }, { PEAPOD_BRIDGE: 'bre' }, file);
  assert.deepEqual([settings.nodeName, settings.bridge, settings.subnet], ['of-flag', 'bre', '10.1.0.0/16']);
});

test('an empty file and none say the same', () => {
  for (const text of ['', '---\n', 'agent:\n'])
    assert.deepEqual(serveConfig({}, parseConfig(text, 'c')), serveConfig({}));
});

test('unknown fields are refused by name and place, with what was meant', () => {
  invalid('listn: a', 'c.yaml:1:1: unknown field "listn", did you mean "listen"?');
  invalid('agent:\n  maxpods: 3\n', 'c.yaml:2:3: unknown field "agent.maxpods", did you mean "maxPods"?');
  invalid('__proto__: { a: 1 }', /unknown field "__proto__"/);
});

test('values of another type are refused, each with its field', () => {
  invalid(
    'listen: 3\nagent: { maxPods: many }',
    'c.yaml:1:1: listen: Invalid value: 3: must be a text\n' +
      'c.yaml:2:10: agent.maxPods: Invalid value: "many": must be a whole number from 1 to 10000',
  );
  invalid('nodeLabels: { a: 1 }', /nodeLabels: Invalid value: \{"a":1\}: must be a map of texts/);
  invalid('agent: { containerLogMaxSize: -1 }', /containerLogMaxSize: Invalid value: -1/);
  invalid(
    'controllers: { nodeMonitorGracePeriod: 5s }',
    /nodeMonitorGracePeriod: Invalid value: 5s: must be greater than nodeMonitorPeriod \(5s\)/,
  );
  invalid('controllers: 3', /controllers: must be a map of fields/);
  invalid('agent: { imageMinimumGCAge: 3 }', /imageMinimumGCAge: Invalid value: 3: must be a duration/);
  invalid(
    'agent: { imageGCHighThresholdPercent: 80 }',
    /must be less than imageGCHighThresholdPercent \(80\)/,
  );
  for (const wrong of ['{ cpus: 1 }', '{ cpu: -1 }', '{ memory: much }', '3'])
    invalid(
      `agent: { kubeReserved: ${wrong} }`,
      /kubeReserved: Invalid value: .*: must be a map of quantities/,
    );
  invalid('agent: 3', /agent: must be a map of fields/);
  invalid('[]', /must be a map of fields/);
  invalid('a: b: c', /c\.yaml:1:/);
});

test('a file that is not there is named', async () => {
  await assert.rejects(readConfigFile('/no/such.yaml'), {
    code: 'NotFound',
    message: 'cannot read /no/such.yaml: no such file',
  });
});

test('thresholds of eviction are read, and unknown signals and amounts refused', () => {
  const text = `agent:
  evictionHard: { memory.available: 200Mi }
  evictionSoft: { nodefs.available: 20% }
  evictionSoftGracePeriod: { nodefs.available: 1m }
  evictionMinimumReclaim: { memory.available: 50Mi }
  evictionPressureTransitionPeriod: 30s
  evictionMaxPodGracePeriod: 5
`;
  assert.deepEqual(
    serveConfig({}, parseConfig(text, 'c')).agent.eviction,
    evictionSettings({
      hard: { 'memory.available': '200Mi' },
      soft: { 'nodefs.available': '20%' },
      softGraceMs: { 'nodefs.available': 60_000 },
      minReclaim: { 'memory.available': '50Mi' },
      transitionMs: 30_000,
      maxPodGraceSeconds: 5,
    }),
  );
  invalid(
    'agent: { evictionHard: { memory.free: 1Mi } }',
    /evictionHard: Invalid value: .* must be a map of quantities/,
  );
  invalid('agent: { evictionHard: { memory.available: much } }', /evictionHard: Invalid value/);
  invalid('agent: { evictionSoft: { pid.available: 5 } }', /evictionSoft: Invalid value/);
  invalid(
    "agent: { evictionSoft: { pid.available: '5' } }",
    /agent\.evictionSoftGracePeriod\[pid\.available\]: Required value/,
  );
});
