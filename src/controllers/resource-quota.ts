/**
 * Fills in what of each quota is used, and gives back what deletions have freed. What new objects take is charged when they are made.
 * @see kubernetes/pkg/controller/resourcequota
 */
import type { ResourceQuota } from '../model/api/types.ts';
import {
  CLAIMS,
  CONFIG_MAPS,
  PODS,
  RESOURCE_QUOTAS,
  SECRETS,
  SERVICE_ACCOUNTS,
} from '../client/resource-types.ts';
import { type Controller, isWritten, KeyedController, keyOf, splitKey } from './controller.ts';

/** Counts what all objects of a namespace take of a quota: the server's own rule, passed in. */
export type QuotaCount = (
  quota: ResourceQuota,
  objects: readonly {
    readonly kind: { group: string; plural: string };
    readonly object: Record<string, unknown>;
  }[],
) => Record<string, string>;

const COUNTED = [PODS, CONFIG_MAPS, SECRETS, SERVICE_ACCOUNTS, CLAIMS] as const;
/** What comes together is counted together. */
const SETTLE_MS = 200;

export function resourceQuotaController(count: QuotaCount): Controller {
  return async (deps, signal) => {
    const { client } = deps;
    const controller = new KeyedController('resourcequota', deps, signal);
    const { queue } = controller;
    const quotas = controller.followAll(RESOURCE_QUOTAS, (quota) => queue.addAfter(keyOf(quota), SETTLE_MS));
    const recount = ({ metadata }: { metadata?: { namespace?: string } }): void => {
      for (const quota of quotas.list())
        if (quota.metadata?.namespace === metadata?.namespace) queue.addAfter(keyOf(quota), SETTLE_MS);
    };
    const copies = COUNTED.map((type) => ({
      kind: { group: type.group, plural: type.plural },
      objects: controller.followAll(type as typeof PODS, recount),
    }));
    await controller.run(async (key) => {
      const { namespace, name } = splitKey(key);
      const quota = quotas.get(namespace, name);
      if (quota === undefined) return;
      const objects = copies.flatMap(({ kind, objects: copy }) =>
        copy
          .list()
          .filter(({ metadata }) => metadata?.namespace === namespace)
          .map((object) => ({ kind, object: { ...object } })),
      );
      const status = { hard: { ...quota.spec?.hard }, used: count(quota, objects) };
      if (isWritten(status, quota.status)) return;
      const { uid, resourceVersion } = quota.metadata ?? {};
      const patch = { metadata: { uid, resourceVersion }, status };
      await client.patch(RESOURCE_QUOTAS, namespace, name, 'merge', patch, { subresource: 'status' });
    });
  };
}
