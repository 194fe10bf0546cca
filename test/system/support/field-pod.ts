/** Pods that show what one field does: a script in busybox, and what it prints. */
import assert from 'node:assert/strict';
import type { Container, PodSpec } from '../../../src/model/api/types.ts';
import { imageReference } from './images.ts';
import type { TestPeapod } from './peapod.ts';

export const BUSYBOX = imageReference('busybox');

export interface FieldPod {
  readonly name: string;
  readonly script: string;
  readonly container?: Partial<Container>;
  readonly spec?: Partial<PodSpec>;
  readonly metadata?: object;
}

/** A pod of one container, `main`, that runs a shell script and is not started again. */
export function fieldPod({ name, script, container = {}, spec = {}, metadata = {} }: FieldPod): object {
  const { containers = [], ...rest } = spec;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...metadata },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 0,
      ...rest,
      containers: [
        {
          name: 'main',
          image: BUSYBOX,
          imagePullPolicy: 'Never',
          command: ['sh', '-c', script],
          ...container,
        },
        ...containers,
      ],
    },
  };
}

/**
 * Runs the pod, and what it needs, to its end.
 * @returns what its container `main` printed, line by line
 */
export async function linesOf(peapod: TestPeapod, pod: FieldPod, ...others: object[]): Promise<string[]> {
  const file = await peapod.manifest(...others, fieldPod(pod));
  const { code, stdout, stderr } = await peapod.call(['run', '--no-logs', '-f', file]);
  const logs = await peapod.call(['logs', pod.name, '-c', 'main']);
  await peapod.call(['rm', '--force', '--time', '0', pod.name]);
  assert.equal(code, 0, `${stdout}${stderr}${logs.stdout}`);
  return logs.stdout.trimEnd().split('\n');
}
