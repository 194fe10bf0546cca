/**
 * The tests that show that fields are honoured: `file: name of the test`, by type and field, or by type for all its
 * fields. `docs/pod-fields.md` tells them; a test sees that each is there.
 */
const MODEL = 'src/model';

export const PROOFS: Readonly<Record<string, string>> = {
  'PodSpec.restartPolicy': `${MODEL}/status/pod-phase.test.ts: CASES`,
  'PodSpec.readinessGates': `${MODEL}/status/pod-conditions.test.ts: readiness gates hold a pod back`,
  'PodSpec.overhead': `${MODEL}/pod-requests.test.ts: the overhead is added`,
  'PodSpec.resources': `${MODEL}/cgroup-arithmetic.test.ts: pod-level limits hold for the pod`,
  'PodReadinessGate.conditionType': `${MODEL}/status/pod-conditions.test.ts: readiness gates hold a pod back`,
  'Container.restartPolicy': `${MODEL}/status/restart-decision.test.ts: an init container is started again`,
  'Container.restartPolicyRules': `${MODEL}/status/restart-decision.test.ts: CASES`,
  ContainerRestartRule: `${MODEL}/status/restart-decision.test.ts: CASES`,
  ContainerRestartRuleOnExitCodes: `${MODEL}/status/restart-decision.test.ts: CASES`,
  'Container.env': `${MODEL}/env/container-env.test.ts: values come from fields, resources, ConfigMaps and Secrets`,
  'Container.envFrom': `${MODEL}/env/container-env.test.ts: env overrides envFrom`,
  EnvVar: `${MODEL}/env/container-env.test.ts: values come from fields, resources, ConfigMaps and Secrets`,
  EnvVarSource: `${MODEL}/env/container-env.test.ts: values come from fields, resources, ConfigMaps and Secrets`,
  EnvFromSource: `${MODEL}/env/container-env.test.ts: env overrides envFrom`,
  ConfigMapEnvSource: `${MODEL}/env/container-env.test.ts: what is optional and missing sets nothing`,
  SecretEnvSource: `${MODEL}/env/container-env.test.ts: what is optional and missing sets nothing`,
  ConfigMapKeySelector: `${MODEL}/env/container-env.test.ts: what is optional and missing sets nothing`,
  SecretKeySelector: `${MODEL}/env/container-env.test.ts: what is optional and missing sets nothing`,
  ObjectFieldSelector: `${MODEL}/field-path.test.ts: a pod tells its own fields`,
  ResourceFieldSelector: `${MODEL}/env/container-env.test.ts: values come from fields, resources, ConfigMaps and Secrets`,
};

/** The test that proves a field honoured, if it has been named. */
export function proofOf(typeName: string, field: string): string | undefined {
  return PROOFS[`${typeName}.${field}`] ?? PROOFS[typeName];
}
