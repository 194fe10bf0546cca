/** In a lab: `peapod cri` dies, or fails, at each step of CRI's verbs. Prints a line of JSON for each case. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Protocol, RuntimeService } from '../../../../src/cri/api/runtime_pb.ts';
import { openGrpcConnection } from '../../../../src/cri/grpc/grpc-client.ts';
import { sandboxConfig, shellConfig } from '../cri.ts';
import { cgroupOf } from '../peapod.ts';
import { CaseBook } from './case-book.ts';
import { LabProcess } from './lab-process.ts';
import { type OrderedOptions, type OrderedVerb, sweepInOrder } from './ordered-sweep.ts';
import { storeBusybox } from './store-busybox.ts';
import { connected, watch } from './witness.ts';
import { labRoot } from './remove-lab-cgroups.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as OrderedOptions;
const ROOT = labRoot(options.cgroupParent);
const LOGS = '/var/lib/peapod/logs';
const server = new LabProcess(['cri'], /Serving CRI v1/, ROOT);
const connection = openGrpcConnection({ path: '/run/peapod/cri.sock' });
const runtime = connection.service(RuntimeService);

const SERVE = 'trap "exit 0" TERM; while :; do sleep 1000 & wait $!; done';
let podSandboxId = '';
let containerId = '';

const config = sandboxConfig('victim', LOGS, {
  portMappings: [{ protocol: Protocol.TCP, containerPort: 80, hostPort: 18080 }],
});
const runSandbox = async () => {
  ({ podSandboxId } = await runtime.runPodSandbox({ config }));
};
const create = async () => {
  ({ containerId } = await runtime.createContainer({ podSandboxId, config: shellConfig('c', SERVE) }));
};
const start = async () => {
  await runtime.startContainer({ containerId });
};
const stop = async () => {
  await runtime.stopContainer({ containerId, timeout: 2n });
};
const remove = async () => {
  await runtime.removeContainer({ containerId });
};
const stopSandbox = async () => {
  await runtime.stopPodSandbox({ podSandboxId });
};
const removeSandbox = async () => {
  await runtime.removePodSandbox({ podSandboxId });
};
const exec = async () => {
  const cmd = ['sh', '-c', 'echo out; exit 3'];
  const { exitCode, stdout } = await runtime.execSync({ containerId, cmd, timeout: 30n });
  if (exitCode !== 3 || Buffer.from(stdout).toString() !== 'out\n')
    throw new Error(`ExecSync: ${exitCode} ${Buffer.from(stdout).toString()}`);
};

/** As a kubelet does: asks again until it is done. */
async function insist(what: string, call: () => Promise<void>): Promise<void> {
  const end = Date.now() + 30_000;
  for (;;) {
    try {
      await call();
      return;
    } catch (error) {
      const isAway = /Unavailable/.test(String((error as { code?: unknown }).code));
      if (!isAway || Date.now() > end) throw new Error(`${what} in the end`, { cause: error });
      await delay(50);
    }
  }
}

function verb(
  name: string,
  atomic: boolean,
  call: () => Promise<void>,
  undo: readonly (() => Promise<void>)[],
): OrderedVerb {
  return {
    name,
    atomic,
    async attempt() {
      try {
        await call();
        return undefined;
      } catch (error) {
        // The connection may break before the death is seen.
        for (let wait = 0; wait < 40 && !server.isDead && /Unavailable/.test(codeOf(error)); wait++)
          await delay(25);
        return server.isDead ? undefined : String(error);
      }
    },
    finish: () => insist(name, call),
    async undo() {
      for (const step of undo) await insist(`to undo ${name}`, step);
    },
  };
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code);
}

const whole = [runSandbox, create, start];
const VERBS: readonly OrderedVerb[] = [
  verb('RunPodSandbox', true, runSandbox, [removeSandbox]),
  verb('CreateContainer', true, create, [remove]),
  { ...verb('StartContainer', true, start, [remove, create]), commits: true },
  verb('ExecSync', true, exec, []),
  verb('StopContainer', false, stop, [remove, create, start]),
  verb('RemoveContainer', false, remove, [create, start, stop]),
  verb('StopPodSandbox', false, stopSandbox, [removeSandbox, ...whole, stop, remove]),
  verb('RemovePodSandbox', false, removeSandbox, [...whole, stop, remove, stopSandbox]),
];

await storeBusybox(ROOT);
await server.start();
const witness = await runtime.runPodSandbox({ config: sandboxConfig('witness', LOGS) });
const { containerId: echo } = await runtime.createContainer({
  podSandboxId: witness.podSandboxId,
  config: shellConfig('echo', 'exec nc -l -p 7 -e /bin/cat'),
});
await runtime.startContainer({ containerId: echo });
const pid = () => readFileSync(`/run/peapod/cri/containers/${echo}/init.pid`, 'utf8');
const first = pid();
const { status } = await runtime.podSandboxStatus({ podSandboxId: witness.podSandboxId });
const heard = watch(await connected(status?.network?.ip ?? ''));
for (const one of VERBS) await one.finish();

const subject = {
  cgroupParent: cgroupOf(join(ROOT, 'cri')),
  get isDead() {
    return server.isDead;
  },
  order: (text: string) => server.order(text),
  start: () => server.start(),
  async checkWitness() {
    heard.check();
    if (pid() !== first) throw new Error(`the witness was ${first} and is ${pid()}`);
  },
};
const book = new CaseBook(options, subject.cgroupParent);
await sweepInOrder(subject, VERBS, options, book);
await server.end();
book.end();
process.exit(0);
