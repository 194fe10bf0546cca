import type { Pod, Subject } from '../../system/cri-conformance/subject.ts';

export const CONTAINERS = 3;
const COMMAND = ['sleep', '100000'];

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/** As a kubelet does it: the sandbox, then each container made and started, one after the other. */
export async function startPod(subject: Subject, containers = CONTAINERS): Promise<Pod> {
  const pod = await subject.pod();
  for (let index = 0; index < containers; index += 1) await subject.started(pod, { command: COMMAND });
  return pod;
}

export async function endPod({ runtime }: Subject, { id: podSandboxId }: Pod): Promise<void> {
  await runtime.stopPodSandbox({ podSandboxId });
  await runtime.removePodSandbox({ podSandboxId });
}

/** Pods on both sides in turn, a few at a time. */
export async function startMany(subject: Subject, count: number, atOnce = 4): Promise<void> {
  let left = count;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (left > 0) {
        left -= 1;
        await startPod(subject);
      }
    }),
  );
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);
