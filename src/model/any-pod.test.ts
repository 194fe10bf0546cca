/** Whatever a manifest that has the right structure says, the model answers with errors, never by failing. */
import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { examinePod } from './admission/admit-object.ts';
import type { Container, Pod } from './api/types.ts';
import { containerCgroupSettings, podCgroupSettings } from './cgroup-arithmetic.ts';
import { defaultPod } from './defaults/default-pod.ts';
import { containerEnv } from './env/container-env.ts';
import { isPeapodError } from './errors.ts';
import { formatFieldError } from './field-error.ts';
import { podWarnings } from './fields/refused-fields.ts';
import { readManifests } from './manifest/read-manifests.ts';
import { parseResources } from './resource-list.ts';
import { podConditions } from './status/pod-conditions.ts';
import { podPhase } from './status/pod-phase.ts';
import { podRow } from './status/pod-printer.ts';
import { anyObject } from './testing/any-object.ts';

const GIB = 1024 ** 3;
const SOURCES = {
  configMap: () => undefined,
  secret: () => undefined,
  nodeAllocatable: parseResources({ cpu: '1', memory: '1Gi' }),
};
const pods = anyObject<Pod>('Pod');
const RUNS = { numRuns: 300 };

test('any pod is defaulted, once and for all, and told what is wrong with it', () => {
  fc.assert(
    fc.property(pods, (pod) => {
      const { object, errors } = examinePod(pod);
      assert.deepEqual(defaultPod(object), object);
      for (const error of errors) assert.match(formatFieldError(error), /^\S.*: /s);
      podWarnings(object, { server: false });
    }),
    RUNS,
  );
});

test('any pod that is valid has requests, cgroup settings and an environment', () => {
  fc.assert(
    fc.property(anyObject<Container>('Container'), (container) => {
      const named = { ...container, name: 'c', image: 'i' };
      const { object, errors } = examinePod({ metadata: { name: 'x' }, spec: { containers: [named] } });
      fc.pre(errors.length === 0);
      podCgroupSettings(object);
      for (const one of object.spec.containers) {
        containerCgroupSettings(object, one, GIB);
        try {
          containerEnv(object, one, SOURCES);
        } catch (error) {
          assert.ok(isPeapodError(error, 'CreateContainerConfigError'), String(error));
        }
      }
    }),
    RUNS,
  );
});

test('any status has a phase, conditions and a row', () => {
  fc.assert(
    fc.property(pods, (pod) => {
      const statuses = [
        ...(pod.status?.containerStatuses ?? []),
        ...(pod.status?.initContainerStatuses ?? []),
      ];
      const phase = podPhase(pod, { statuses });
      podConditions(pod, { phase, statuses, sandboxReady: true, now: 0 });
      podRow(pod, 0);
    }),
    RUNS,
  );
});

test('any pod that is written as JSON is read back as it was, or complained of', () => {
  fc.assert(
    fc.property(pods, (pod) => {
      const whole = { ...pod, apiVersion: 'v1', kind: 'Pod' };
      try {
        const [document] = readManifests(JSON.stringify(whole), '-');
        assert.deepEqual(document?.object, whole);
      } catch (error) {
        assert.ok(isPeapodError(error, 'Invalid'), String(error));
      }
    }),
    RUNS,
  );
});
