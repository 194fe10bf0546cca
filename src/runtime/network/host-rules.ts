/** What the host does with the packets of our own network: forwards and masquerades them, and leads host ports to pods. */
import { PeapodError } from '../../model/errors.ts';
import { writeFile } from '../linux/files.ts';
import { mustRun, runCommand, tail } from '../linux/run-command.ts';
import type { PortMapping } from '../pod-runtime.ts';
import { baseRules, hostPortElements, tableName } from './nft-rules.ts';

const TIMEOUT_MS = 20_000;

/** The one masquerade rule, the maps, and forwarding. Idempotent; done again and again, as others may have flushed the rules. */
export async function prepareHost(bridge: string, subnets: readonly string[]): Promise<void> {
  const [subnet = '', subnet6] = subnets;
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1');
  if (subnet6 !== undefined) await writeFile('/proc/sys/net/ipv6/conf/all/forwarding', '1');
  await nft(baseRules(bridge, subnet, subnet6));
}

/** The ports have to be this pod's alone: what is there under them is taken to be left over. @throws PeapodError NetworkError */
export async function addHostPorts(
  bridge: string,
  { sandboxId, portMappings }: { sandboxId: string; portMappings: readonly PortMapping[] },
  ips: readonly string[],
): Promise<void> {
  if (portMappings.length === 0) return;
  const added = hostPortElements(bridge, portMappings, ips).map(
    ({ map, element }) => `add element ${map} { ${element} }\n`,
  );
  // Known by it to whoever comes after a kill: it must not add them once they have been taken back.
  const add = () => nft(added.join(''), { CNI_CONTAINERID: sandboxId });
  try {
    await add();
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('File exists')) throw error;
    await removeHostPorts(bridge, portMappings, ips);
    await add();
  }
  // What the node sends to 127.0.0.1:hostPort leaves by the bridge; the guard chain keeps pods from using it.
  await writeFile(`/proc/sys/net/ipv4/conf/${bridge}/route_localnet`, '1');
}

/** Gone is fine. @throws PeapodError NetworkError, when all have been tried */
export async function removeHostPorts(
  bridge: string,
  mappings: readonly PortMapping[],
  ips: readonly string[],
): Promise<void> {
  const failures: unknown[] = [];
  // By the port alone, which is this pod's: whoever was killed before it wrote down the addresses may have added elements nevertheless.
  // One at a time: one that is gone already must not keep the others.
  for (const { map, key } of hostPortElements(bridge, mappings, ips.length > 0 ? ips : ['0.0.0.0', '::']))
    await remove('nft', ['delete', 'element', ...map.split(' '), `{ ${key} }`]).catch((error: unknown) =>
      failures.push(error),
    );
  if (failures.length > 0) throw failures[0];
}

/** Takes away all that `prepareHost` made of rules. Gone is fine. @throws PeapodError NetworkError */
export async function removeRules(bridge: string): Promise<void> {
  await remove('nft', ['delete', 'table', 'inet', tableName(bridge)]);
}

async function remove(program: string, args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await runCommand(program, args, { timeoutMs: TIMEOUT_MS });
  const said = stderr.toString('utf8');
  if (exitCode === 0 || said.includes('No such file or directory')) return;
  const ended = `${program} ${args.slice(0, 2).join(' ')} ended with exit code ${exitCode}`;
  throw new PeapodError('NetworkError', `cannot take back network rules: ${ended}: ${tail(said)}`, {
    retryable: true,
  });
}

async function nft(rules: string, env: Record<string, string> = {}): Promise<void> {
  try {
    await mustRun('nft', ['-f', '-'], { input: rules, timeoutMs: TIMEOUT_MS, env });
  } catch (cause) {
    if (cause instanceof PeapodError && cause.code === 'Unavailable') {
      throw new PeapodError('NetworkError', `cannot set up packet rules: ${cause.message}`, {
        cause,
        retryable: true,
      });
    }
    throw cause;
  }
}
