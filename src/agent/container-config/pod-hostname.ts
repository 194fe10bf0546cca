import type { Pod } from '../../model/api/types.ts';
import { PeapodError } from '../../model/errors.ts';

const LONGEST_LABEL = 63;
/** What the kernel takes. */
const LONGEST_HOSTNAME = 64;

export interface PodHostname {
  /** What the processes see. */
  readonly hostname: string;
  /** The pod's own name in its network, before a domain. */
  readonly shortName: string;
  /** `<subdomain>.<namespace>.svc.<cluster domain>`; empty without a subdomain. */
  readonly domain: string;
}

/**
 * @throws PeapodError CreatePodSandboxError when the fully qualified name is asked for and too long
 * @see kubernetes/pkg/kubelet/kubelet_pods.go GeneratePodHostNameAndDomain
 */
export function podHostname(pod: Pod, clusterDomain: string): PodHostname {
  const { spec, metadata } = pod;
  if (spec?.hostnameOverride !== undefined) {
    return { hostname: spec.hostnameOverride, shortName: spec.hostnameOverride, domain: '' };
  }
  const shortName = spec?.hostname || truncateLabel(metadata?.name ?? '');
  const domain =
    spec?.subdomain === undefined || spec.subdomain === ''
      ? ''
      : `${spec.subdomain}.${metadata?.namespace ?? 'default'}.svc.${clusterDomain}`;
  if (spec?.setHostnameAsFQDN !== true || domain === '') return { hostname: shortName, shortName, domain };
  const hostname = `${shortName}.${domain}`;
  if (hostname.length > LONGEST_HOSTNAME) {
    throw new PeapodError(
      'CreatePodSandboxError',
      `failed to construct FQDN from pod hostname and cluster domain, FQDN ${hostname} is too long (${LONGEST_HOSTNAME} characters is the max, ${hostname.length} characters requested)`,
    );
  }
  return { hostname, shortName, domain };
}

/** A pod's name may be longer than a host's label. */
function truncateLabel(name: string): string {
  return name.length <= LONGEST_LABEL ? name : name.slice(0, LONGEST_LABEL).replace(/[-.]+$/, '');
}
