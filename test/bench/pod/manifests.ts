import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { imageReference } from '../../system/support/images.ts';
import type { BenchPod } from './player.ts';

/** A pod whose containers sleep. */
export function benchPod(directory: string, containers: number): BenchPod {
  const name = `bench-${containers}`;
  return { name, containers, file: writeManifest(directory, name, [podObject(name, containers)]) };
}

/** Many pods in one manifest. */
export function benchPods(directory: string, count: number, containers: number) {
  const names = Array.from({ length: count }, (_, index) => `many-${index}`);
  const file = writeManifest(
    directory,
    'many',
    names.map((name) => podObject(name, containers)),
  );
  return { names, file };
}

function podObject(name: string, containers: number): object {
  const container = (index: number) => ({
    name: `c${index}`,
    image: imageReference('busybox'),
    imagePullPolicy: 'IfNotPresent',
    command: ['sleep', '100000'],
  });
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: Array.from({ length: containers }, (_, index) => container(index)),
    },
  };
}

function writeManifest(directory: string, name: string, objects: readonly object[]): string {
  const file = join(directory, `${name}.yaml`);
  writeFileSync(file, objects.map((object) => stringify(object)).join('---\n'));
  return file;
}
