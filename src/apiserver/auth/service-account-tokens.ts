/**
 * Tokens of service accounts: signed by us, bound to the account and, when asked, to a pod, node or secret that has to be there.
 * @see kubernetes/pkg/serviceaccount/claims.go
 */
import { createPrivateKey, createPublicKey, type KeyObject, randomUUID } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../../model/clock.ts';
import { StatusError } from '../errors/status-error.ts';
import type { UserInfo } from '../user-info.ts';

const ALGORITHM = 'ES256';
export const ISSUER = 'https://kubernetes.default.svc.cluster.local';

export interface BoundObject {
  readonly kind: 'Pod' | 'Node' | 'Secret';
  readonly name: string;
  readonly uid: string;
}

export interface TokenSubject {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly boundTo?: BoundObject;
}

/** Whether the things that a token names are there, with these uids. */
export type StillThere = (subject: TokenSubject) => Promise<boolean>;

export class ServiceAccountTokens {
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #clock: Clock;
  readonly #stillThere: StillThere;

  /** @param key a private key on P-256, PEM */
  constructor(key: string, clock: Clock, stillThere: StillThere) {
    this.#privateKey = createPrivateKey(key);
    this.#publicKey = createPublicKey(key);
    this.#clock = clock;
    this.#stillThere = stillThere;
  }

  async issue(
    subject: TokenSubject,
    audiences: readonly string[],
    lifetimeSeconds: number,
  ): Promise<{ token: string; expires: string }> {
    const now = Math.floor(this.#clock.now() / 1000);
    const expires = now + lifetimeSeconds;
    const token = await new SignJWT({ 'kubernetes.io': claimsOf(subject) })
      .setProtectedHeader({ alg: ALGORITHM })
      .setIssuer(ISSUER)
      .setSubject(`system:serviceaccount:${subject.namespace}:${subject.name}`)
      .setAudience(audiences.length === 0 ? [ISSUER] : [...audiences])
      .setIssuedAt(now)
      .setNotBefore(now)
      .setExpirationTime(expires)
      .setJti(randomUUID())
      .sign(this.#privateKey);
    return { token, expires: new Date(expires * 1000).toISOString().replace(/\.\d+Z$/, 'Z') };
  }

  /**
   * Whose token it is.
   * @param audiences any of which the token must be meant for; the API server's own by default
   * @throws StatusError Unauthorized when it is not ours, over, or what it is bound to is gone
   */
  async verify(token: string, audiences: readonly string[] = [ISSUER]): Promise<UserInfo> {
    const subject = await this.#read(token, audiences);
    if (subject === undefined || !(await this.#stillThere(subject)))
      throw new StatusError('Unauthorized', 'Unauthorized');
    const { namespace, name, uid, boundTo } = subject;
    return {
      name: `system:serviceaccount:${namespace}:${name}`,
      uid,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
      ...(boundTo?.kind === 'Pod'
        ? {
            extra: {
              'authentication.kubernetes.io/pod-name': [boundTo.name],
              'authentication.kubernetes.io/pod-uid': [boundTo.uid],
            },
          }
        : {}),
    };
  }

  async #read(token: string, audiences: readonly string[]): Promise<TokenSubject | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.#publicKey, {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience: [...audiences],
        currentDate: new Date(this.#clock.now()),
      });
      return subjectOf(payload['kubernetes.io']);
    } catch {
      return undefined;
    }
  }
}

interface Claims {
  namespace: string;
  serviceaccount: { name: string; uid: string };
  pod?: { name: string; uid: string };
  node?: { name: string; uid: string };
  secret?: { name: string; uid: string };
}

function claimsOf({ namespace, name, uid, boundTo }: TokenSubject): Claims {
  const claims: Claims = { namespace, serviceaccount: { name, uid } };
  if (boundTo !== undefined) {
    const key = boundTo.kind.toLowerCase() as 'pod' | 'node' | 'secret';
    claims[key] = { name: boundTo.name, uid: boundTo.uid };
  }
  return claims;
}

/** Signed by us, so of the shape that we gave it. */
function subjectOf(claims: unknown): TokenSubject {
  const { namespace, serviceaccount, pod, node, secret } = claims as Claims;
  const { name, uid } = serviceaccount;
  const boundTo: BoundObject | undefined =
    pod !== undefined
      ? { kind: 'Pod', ...pod }
      : node !== undefined
        ? { kind: 'Node', ...node }
        : secret !== undefined
          ? { kind: 'Secret', ...secret }
          : undefined;
  return { namespace, name, uid, ...(boundTo === undefined ? {} : { boundTo }) };
}
