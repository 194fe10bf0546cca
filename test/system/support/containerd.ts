/** Debian's containerd with root, state, socket and network of its own, and images from a registry on loopback. */
import { spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RuntimeService } from '../../../src/cri/api/runtime_pb.ts';
import { openGrpcConnection } from '../../../src/cri/grpc/grpc-client.ts';
import { umountAll } from '../../../src/runtime/linux/mount.ts';
import { PAUSE_PROGRAM } from '../../../src/runtime/sandbox/infra/pause/pause-program.ts';
import { pushImage, type TestRegistry } from './registry.ts';

export interface TestContainerd extends AsyncDisposable {
  /** `unix:///…` */
  readonly endpoint: string;
  readonly directory: string;
  readonly pid: number;
  /** Its own words, the last of them. */
  log(): Promise<string>;
}

/** What pods of another runtime need for their sandboxes. @returns its reference */
export async function pushPauseImage(registry: TestRegistry): Promise<string> {
  const program = PAUSE_PROGRAM[process.arch === 'arm64' ? 'arm64' : 'x64'];
  const entry = { name: 'pause', mode: 0o755, content: Buffer.from(program, 'base64') };
  const image = { layers: [[entry]], config: { Entrypoint: ['/pause'] } };
  return (await pushImage(registry, 'pause:1', image)).reference;
}

/** Disposing ends it, and removes all that it has. Pods have to be removed before. */
export async function startContainerd(
  registry: TestRegistry,
  options: { runtime?: 'runc' | 'crun'; state?: string } = {},
): Promise<TestContainerd> {
  const directory = await mkdtemp(join(tmpdir(), 'peapod-containerd-'));
  const socket = join(directory, 'c.sock');
  const state = options.state ?? join(directory, 'state');
  const bridge = await writeNetwork(directory);
  await writeFile(
    join(directory, 'config.toml'),
    configuration({
      directory,
      state,
      socket,
      pauseImage: await pushPauseImage(registry),
      runtime: options.runtime ?? 'runc',
    }),
  );
  const logFile = join(directory, 'log');
  const child = spawn('sh', ['-c', 'exec containerd --config "$0/config.toml" >"$0/log" 2>&1', directory], {
    stdio: 'ignore',
  });
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const log = async () => (await readFile(logFile, 'utf8').catch(() => '')).slice(-4000);
  const containerd: TestContainerd = {
    endpoint: `unix://${socket}`,
    directory,
    pid: child.pid ?? 0,
    log,
    async [Symbol.asyncDispose]() {
      process.off('exit', endWithUs);
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit');
        child.kill('SIGTERM');
        await exited;
      }
      for (const line of (await readFile('/proc/self/mounts', 'utf8')).split('\n').toReversed()) {
        const [, target = ''] = line.split(' ');
        if (target.startsWith(directory) || target.startsWith(`${state}/`)) umountAll(target);
      }
      // There is none when no pod came.
      spawnSync('ip', ['link', 'delete', bridge]);
      await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  try {
    await untilAnswering(socket, () => child.exitCode === null);
  } catch (cause) {
    const said = await log();
    await containerd[Symbol.asyncDispose]();
    throw new Error(`containerd did not come up: ${said}`, { cause });
  }
  return containerd;
}

async function untilAnswering(socket: string, alive: () => boolean): Promise<void> {
  using connection = openGrpcConnection({ path: socket });
  const service = connection.service(RuntimeService);
  for (let attempt = 0; attempt < 600; attempt++) {
    if (!alive()) throw new Error('it ended');
    const status = await service.status({}, { timeoutMs: 5000 }).catch(() => undefined);
    if (status?.status?.conditions.every(({ status }) => status) === true) return;
    await sleep(50);
  }
  throw new Error('not ready within 30 s');
}

/** @returns the name of the bridge, which comes with the first pod */
async function writeNetwork(directory: string): Promise<string> {
  const number = randomInt(256);
  const bridge = `pct${number}x${process.pid}`.slice(0, 15);
  const conflist = {
    cniVersion: '0.4.0',
    name: `containerd-${number}`,
    plugins: [
      {
        type: 'bridge',
        bridge,
        isGateway: true,
        ipMasq: false,
        ipam: {
          type: 'host-local',
          dataDir: join(directory, 'ipam'),
          ranges: [[{ subnet: `10.215.${number}.0/24` }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
  await mkdir(join(directory, 'net.d'));
  await writeFile(join(directory, 'net.d', '10-test.conflist'), JSON.stringify(conflist));
  return bridge;
}

interface Wanted {
  readonly directory: string;
  readonly state: string;
  readonly socket: string;
  readonly pauseImage: string;
  readonly runtime: string;
}

function configuration({ directory, state, socket, pauseImage, runtime }: Wanted): string {
  const text = JSON.stringify;
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
root = ${text(join(directory, 'root'))}
state = ${text(state)}
[grpc]
  address = ${text(socket)}
[plugins."io.containerd.internal.v1.opt"]
  path = ${text(join(directory, 'opt'))}
[${cri}]
  sandbox_image = ${text(pauseImage)}
  # A process of a container may have a score below ours only with a capability.
  restrict_oom_score_adj = true
  [${cri}.cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = ${text(join(directory, 'net.d'))}
  [${cri}.containerd]
    default_runtime_name = "runc"
    [${cri}.containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [${cri}.containerd.runtimes.runc.options]
        BinaryName = ${text(runtime)}
`;
}
