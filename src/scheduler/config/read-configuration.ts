/**
 * `KubeSchedulerConfiguration` as kube-scheduler reads it.
 * @see kubernetes/staging/src/k8s.io/kube-scheduler/config/v1/types.go
 */
import { parse } from 'yaml';
import { PeapodError } from '../../model/errors.ts';
import { assertNoFieldErrors, FieldErrors } from '../../model/field-error.ts';
import type { SchedulerPlugin } from '../engine/plugin.ts';
import type { Profile } from '../engine/profile.ts';
import type { QueueOptions } from '../queue/scheduling-queue.ts';
import { readProfile } from './read-profile.ts';
import { readList, readObject, readWhole } from './strict-fields.ts';

export interface SchedulerConfiguration {
  readonly profiles: readonly Profile[];
  readonly queue: QueueOptions;
  /** What is understood but has no effect here, one sentence each. */
  readonly warnings: readonly string[];
}

const API_VERSION = 'kubescheduler.config.k8s.io/v1';
const KIND = 'KubeSchedulerConfiguration';

/** Fields about how kube-scheduler runs, not about where pods go. */
const WITHOUT_EFFECT = [
  'parallelism',
  'leaderElection',
  'clientConnection',
  'enableProfiling',
  'enableContentionProfiling',
  'percentageOfNodesToScore',
  'delayCacheUntilActive',
];
const KNOWN = [
  'apiVersion',
  'kind',
  'profiles',
  'podInitialBackoffSeconds',
  'podMaxBackoffSeconds',
  'extenders',
  ...WITHOUT_EFFECT,
];

/**
 * @param others plugins besides ours that profiles may enable
 * @throws PeapodError `Invalid` naming each wrong or unknown field
 */
export function readConfiguration(
  text: string,
  others: readonly SchedulerPlugin[] = [],
): SchedulerConfiguration {
  const errors = new FieldErrors();
  const fields = readObject(parseYaml(text), '', KNOWN, errors);
  if (fields['apiVersion'] !== API_VERSION)
    errors.notSupported('apiVersion', fields['apiVersion'], [API_VERSION]);
  if (fields['kind'] !== KIND) errors.notSupported('kind', fields['kind'], [KIND]);
  const listed = readList(fields['profiles'], 'profiles', errors);
  const profiles = (listed.length > 0 ? listed : [{}]).flatMap(
    (profile, index) => readProfile(profile, `profiles[${index}]`, others, errors) ?? [],
  );
  for (const [index, { schedulerName }] of profiles.entries()) {
    const isFirst = profiles.findIndex((other) => other.schedulerName === schedulerName) === index;
    if (!isFirst) errors.duplicate(`profiles[${index}].schedulerName`, schedulerName);
  }
  if (readList(fields['extenders'], 'extenders', errors).length > 0) {
    errors.forbidden('extenders', 'extenders are not supported: write a plugin');
  }
  const seconds = (name: string): number | undefined => readWhole(fields[name], name, [1, 86_400], errors);
  const initial = seconds('podInitialBackoffSeconds');
  const max = seconds('podMaxBackoffSeconds');
  if ((max ?? 10) < (initial ?? 1)) {
    errors.invalid(
      'podMaxBackoffSeconds',
      max ?? 10,
      'must be greater than or equal to PodInitialBackoffSeconds',
    );
  }
  assertNoFieldErrors(KIND, '', errors.list);
  return {
    profiles,
    queue: {
      ...(initial !== undefined && { initialBackoffMs: initial * 1000 }),
      ...(max !== undefined && { maxBackoffMs: max * 1000 }),
    },
    warnings: WITHOUT_EFFECT.filter((name) => fields[name] !== undefined).map(
      (name) => `${name} has no effect: every node is considered, by one process`,
    ),
  };
}

function parseYaml(text: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PeapodError('Invalid', `cannot read ${KIND}: ${reason}`, { cause });
  }
}
