import type { Pod } from '../../model/api/types.ts';
import type { Clock } from '../../model/clock.ts';
import type { PodClient } from '../../client/pod-client.ts';

export interface TokenWish {
  readonly audience: string | undefined;
  readonly expirationSeconds: number;
}

/** A token that a pod has, and when it is to be exchanged. */
export interface HeldToken {
  readonly token: string;
  readonly renewAt: number;
}

const LONGEST_USE_MS = 24 * 3600 * 1000;
/** Of its life, how much a token is used for. */
const USED = 0.8;

/**
 * The token of a pod's service account: the one that it has, until most of its life is over.
 * @param held the pod's tokens; what is got is kept there
 * @throws PeapodError when there is no API server to make one
 * @see kubernetes/pkg/kubelet/token/token_manager.go
 */
export async function serviceAccountToken(
  pod: Pod,
  wish: TokenWish,
  held: Map<string, HeldToken>,
  { client, clock }: { client: Pick<PodClient, 'createServiceAccountToken'>; clock: Clock },
): Promise<string> {
  const key = JSON.stringify([wish.audience, wish.expirationSeconds]);
  const present = held.get(key);
  const now = clock.now();
  if (present !== undefined && now < present.renewAt) return present.token;
  const { token, expiresAt } = await client.createServiceAccountToken(pod, wish);
  const renewAt = now + Math.min((expiresAt - now) * USED, LONGEST_USE_MS);
  held.set(key, { token, renewAt });
  return token;
}
