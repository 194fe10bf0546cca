import type { MessageInitShape } from '@bufbuild/protobuf';
import type { LinuxContainerResources } from '../../runtime/pod-runtime.ts';
import type {
  LinuxContainerResources as ResourcesMessage,
  LinuxContainerResourcesSchema,
} from '../api/runtime_pb.ts';
import { toNumber } from './numbers.ts';

type NumberField = {
  [Name in keyof ResourcesMessage]-?: ResourcesMessage[Name] extends bigint ? Name : never;
}[keyof ResourcesMessage];

const NUMBERS = {
  cpuPeriodUs: 'cpuPeriod',
  cpuQuotaUs: 'cpuQuota',
  cpuShares: 'cpuShares',
  memoryLimitBytes: 'memoryLimitInBytes',
  memorySwapLimitBytes: 'memorySwapLimitInBytes',
  oomScoreAdj: 'oomScoreAdj',
} as const satisfies Partial<Record<keyof LinuxContainerResources, NumberField>>;

type OurNumber = keyof typeof NUMBERS;

/** 0 and empty are "not specified". */
export function resourcesFrom(message: ResourcesMessage | undefined, field: string): LinuxContainerResources {
  const resources: LinuxContainerResources = {};
  if (message === undefined) return resources;
  for (const [ours, theirs] of Object.entries(NUMBERS) as [OurNumber, NumberField][]) {
    if (message[theirs] !== 0n) resources[ours] = toNumber(message[theirs], `${field}.${theirs}`);
  }
  if (message.cpusetCpus !== '') resources.cpusetCpus = message.cpusetCpus;
  if (message.cpusetMems !== '') resources.cpusetMems = message.cpusetMems;
  if (message.hugepageLimits.length > 0)
    resources.hugepageLimits = message.hugepageLimits.map(({ pageSize, limit }) => ({
      pageSize,
      // What is above is no limit on any machine; the kubelet says "none" with the largest number there is.
      limitBytes: Math.min(Number(limit), Number.MAX_SAFE_INTEGER),
    }));
  if (Object.keys(message.unified).length > 0) resources.unified = { ...message.unified };
  return resources;
}

export function resourcesMessage(
  resources: LinuxContainerResources,
): MessageInitShape<typeof LinuxContainerResourcesSchema> {
  const numbers = (Object.entries(NUMBERS) as [OurNumber, NumberField][]).map(([ours, theirs]) => [
    theirs,
    BigInt(Math.trunc(resources[ours] ?? 0)),
  ]);
  return {
    ...(Object.fromEntries(numbers) as Record<NumberField, bigint>),
    cpusetCpus: resources.cpusetCpus ?? '',
    cpusetMems: resources.cpusetMems ?? '',
    hugepageLimits: (resources.hugepageLimits ?? []).map(({ pageSize, limitBytes }) => ({
      pageSize,
      limit: BigInt(limitBytes),
    })),
    unified: resources.unified ?? {},
  };
}
