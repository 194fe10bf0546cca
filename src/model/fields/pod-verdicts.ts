import type { VerdictTable } from './verdict.ts';

const WINDOWS = 'pods run on Linux only';

/** The pod's own fields, and what belongs to the pod as a whole. */
export const POD_VERDICTS: VerdictTable = {
  PodSpec: {
    honoured: `activeDeadlineSeconds containers dnsConfig dnsPolicy ephemeralContainers hostAliases hostIPC
      hostNetwork hostPID hostUsers hostname hostnameOverride imagePullSecrets initContainers os overhead readinessGates resources
      restartPolicy securityContext serviceAccountName setHostnameAsFQDN shareProcessNamespace subdomain
      terminationGracePeriodSeconds volumes`,
    scheduler: `affinity nodeName nodeSelector preemptionPolicy priority priorityClassName schedulerName
      schedulingGates schedulingGroup tolerations topologySpreadConstraints`,
    withoutEffect: {
      automountServiceAccountToken: 'there is no API server whose token could be mounted',
      enableServiceLinks: 'there are no Services whose addresses could be told',
      serviceAccount: 'deprecated: use serviceAccountName',
    },
    refused: {
      resourceClaims: 'dynamic resource allocation needs drivers of a cluster',
      runtimeClassName: 'there is one container runtime, without classes',
    },
  },
  PodSecurityContext: {
    honoured: `appArmorProfile fsGroup fsGroupChangePolicy runAsGroup runAsNonRoot runAsUser seccompProfile
      supplementalGroups supplementalGroupsPolicy sysctls`,
    refused: {
      seLinuxChangePolicy: 'SELinux labels are not applied',
      seLinuxOptions: 'SELinux labels are not applied',
      windowsOptions: WINDOWS,
    },
  },
  AppArmorProfile: { honoured: 'localhostProfile type' },
  SeccompProfile: { honoured: 'localhostProfile type' },
  Sysctl: { honoured: 'name value' },
  PodDNSConfig: { honoured: 'nameservers options searches' },
  PodDNSConfigOption: { honoured: 'name value' },
  HostAlias: { honoured: 'hostnames ip' },
  LocalObjectReference: { honoured: 'name' },
  PodOS: { honoured: 'name' },
  PodReadinessGate: { honoured: 'conditionType' },
  ResourceRequirements: {
    honoured: 'limits requests',
    refused: { claims: 'dynamic resource allocation needs drivers of a cluster' },
  },

  Affinity: { scheduler: 'nodeAffinity podAffinity podAntiAffinity' },
  NodeAffinity: {
    scheduler:
      'preferredDuringSchedulingIgnoredDuringExecution requiredDuringSchedulingIgnoredDuringExecution',
  },
  NodeSelector: { scheduler: 'nodeSelectorTerms' },
  NodeSelectorTerm: { scheduler: 'matchExpressions matchFields' },
  NodeSelectorRequirement: { scheduler: 'key operator values' },
  PreferredSchedulingTerm: { scheduler: 'preference weight' },
  PodAffinity: {
    scheduler:
      'preferredDuringSchedulingIgnoredDuringExecution requiredDuringSchedulingIgnoredDuringExecution',
  },
  PodAntiAffinity: {
    scheduler:
      'preferredDuringSchedulingIgnoredDuringExecution requiredDuringSchedulingIgnoredDuringExecution',
  },
  PodAffinityTerm: {
    scheduler: 'labelSelector matchLabelKeys mismatchLabelKeys namespaceSelector namespaces topologyKey',
  },
  WeightedPodAffinityTerm: { scheduler: 'podAffinityTerm weight' },
  LabelSelector: { scheduler: 'matchExpressions matchLabels' },
  LabelSelectorRequirement: { scheduler: 'key operator values' },
  PodSchedulingGate: { scheduler: 'name' },
  PodSchedulingGroup: { scheduler: 'podGroupName' },
  Toleration: { scheduler: 'effect key operator tolerationSeconds value' },
  TopologySpreadConstraint: {
    scheduler: `labelSelector matchLabelKeys maxSkew minDomains nodeAffinityPolicy nodeTaintsPolicy topologyKey
      whenUnsatisfiable`,
  },
};
