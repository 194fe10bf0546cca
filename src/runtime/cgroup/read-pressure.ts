import type { Pressure, PressureLine, ResourcePressure } from '../pod-runtime.ts';
import { readCgroupFile } from './cgroup-files.ts';

const NANOSECONDS_PER_US = 1000;

/**
 * How long tasks waited for want of a resource, of those that the kernel keeps account of.
 * @see kernel docs, accounting/psi
 */
export async function readPressure(directory: string): Promise<Pressure> {
  const [cpu, memory, io] = await Promise.all(
    ['cpu', 'memory', 'io'].map(async (name) =>
      pressureIn(await readCgroupFile(directory, `${name}.pressure`).catch(() => undefined)),
    ),
  );
  return {
    ...(cpu === undefined ? {} : { cpu }),
    ...(memory === undefined ? {} : { memory }),
    ...(io === undefined ? {} : { io }),
  };
}

/** @param text two lines, `some` and `full`; a kernel that is told to keep no account gives an error instead of them */
export function pressureIn(text: string | undefined): ResourcePressure | undefined {
  const some = lineOf(text, 'some');
  return some === undefined ? undefined : { some, full: lineOf(text, 'full') ?? NONE };
}

const NONE: PressureLine = { totalNanoseconds: 0, avg10: 0, avg60: 0, avg300: 0 };

function lineOf(text: string | undefined, name: string): PressureLine | undefined {
  const line = text?.split('\n').find((each) => each.startsWith(`${name} `));
  if (line === undefined) return undefined;
  const value = (key: string) => Number(new RegExp(`${key}=([0-9.]+)`).exec(line)?.[1] ?? 0);
  return {
    totalNanoseconds: value('total') * NANOSECONDS_PER_US,
    avg10: value('avg10'),
    avg60: value('avg60'),
    avg300: value('avg300'),
  };
}
