import type { UsageDetails } from '../pod-runtime.ts';
import { readCgroupFile, readKeyedFile } from './cgroup-files.ts';

const US = 1000;

/** What only those ask for who want all there is to know. @param of where a controller has the cgroup */
export async function readUsageDetails(
  version: 1 | 2,
  of: (controller: string) => string,
): Promise<UsageDetails> {
  const number = async (controller: string, file: string) =>
    Number((await readCgroupFile(of(controller), file)) ?? 0);
  const [cpu, memory] = await Promise.all([
    readKeyedFile(of('cpu'), 'cpu.stat'),
    readKeyedFile(of('memory'), 'memory.stat'),
  ]);
  const events = await readKeyedFile(of('memory'), version === 2 ? 'memory.events' : 'memory.oom_control');
  const in1 = version === 1;
  const value = (from: ReadonlyMap<string, number>, key: string) => from.get(key) ?? 0;
  return {
    cpuUserNanoseconds: in1 ? await number('cpuacct', 'cpuacct.usage_user') : value(cpu, 'user_usec') * US,
    cpuSystemNanoseconds: in1 ? await number('cpuacct', 'cpuacct.usage_sys') : value(cpu, 'system_usec') * US,
    cpuPeriods: value(cpu, 'nr_periods'),
    cpuThrottledPeriods: value(cpu, 'nr_throttled'),
    cpuThrottledNanoseconds: in1 ? value(cpu, 'throttled_time') : value(cpu, 'throttled_usec') * US,
    memoryCacheBytes: value(memory, in1 ? 'total_cache' : 'file'),
    memoryMappedFileBytes: value(memory, in1 ? 'total_mapped_file' : 'file_mapped'),
    memoryMaxUsageBytes: in1
      ? await number('memory', 'memory.max_usage_in_bytes')
      : await number('memory', 'memory.peak'),
    memoryLimitHits: in1 ? await number('memory', 'memory.failcnt') : value(events, 'max'),
    oomKills: value(events, 'oom_kill'),
  };
}
