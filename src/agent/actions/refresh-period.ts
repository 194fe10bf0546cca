import type { Pod, Volume } from '../../model/api/types.ts';

/** How often contents that can change are brought up to date. */
const REFRESH_MS = 60_000;
/**
 * The same for what a pod is given to reach the API: a token is exchanged when a fifth of its life is left, the authority changes with the server, and
 * what the pod's own object tells is brought up to date when that changes. Nearly every pod has it, and nothing else.
 */
const ACCESS_REFRESH_MS = 300_000;
const HOUR_SECONDS = 3600;
const AUTHORITY = 'kube-root-ca.crt';

/** How often the contents of a pod's volumes are compared with what they are made of, in milliseconds; nothing where none can change. */
export function refreshPeriod({ spec }: Pod): number | undefined {
  const changing = (spec?.volumes ?? []).filter(canChange);
  if (changing.length === 0) return undefined;
  return changing.every(isAccess) ? ACCESS_REFRESH_MS : REFRESH_MS;
}

function canChange({ configMap, secret, downwardAPI, projected }: Volume): boolean {
  return [configMap, secret, downwardAPI, projected].some((source) => source !== undefined);
}

function isAccess({ projected }: Volume): boolean {
  return (
    projected?.sources?.every(
      ({ serviceAccountToken, configMap, secret, clusterTrustBundle, podCertificate }) =>
        secret === undefined &&
        clusterTrustBundle === undefined &&
        podCertificate === undefined &&
        (configMap === undefined || configMap.name === AUTHORITY) &&
        (serviceAccountToken?.expirationSeconds ?? HOUR_SECONDS) >= HOUR_SECONDS,
    ) === true
  );
}
