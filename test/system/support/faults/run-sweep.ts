/**
 * In a lab, without a server: `peapod run`, `exec`, `stop` and `rm` of a pod, and `pull` and `rmi` of an image, die or fail at each of their steps.
 * Nobody else keeps the pod: what stops or removes it is the process that dies. Prints a line of JSON for each case.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Pod } from '../../../../src/model/api/types.ts';
import { cgroupOf } from '../peapod.ts';
import { CaseBook } from './case-book.ts';
import { PROGRAM } from './lab-process.ts';
import { type OrderedOptions, type OrderedVerb, sweepInOrder } from './ordered-sweep.ts';
import { BUSYBOX, storeBusybox } from './store-busybox.ts';
import { connected, watch } from './witness.ts';
import { labRoot } from './remove-lab-cgroups.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as OrderedOptions;
const ROOT = labRoot(options.cgroupParent);
const MANIFEST = '/run/victim.yaml';
const SERVE = 'trap "exit 0" TERM; while :; do sleep 1000 & wait $!; done';
/** A command that has not ended by then never will. */
const LIMIT_MS = 120_000;
let order = '';

interface Ended {
  code: number | null;
  output: string;
}

async function peapod(args: readonly string[], fault = ''): Promise<Ended> {
  const child = spawn(PROGRAM, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PEAPOD_ROOT: ROOT, NO_COLOR: '1', PEAPOD_FAULT: fault },
  });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, LIMIT_MS);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  clearTimeout(timer);
  if (isLate) throw new Error(`peapod ${args.join(' ')} hung, and had said: ${stdout}${stderr}`);
  return { code, output: stdout + stderr };
}

async function succeed(args: readonly string[], codes = [0]): Promise<string> {
  const { code, output } = await peapod(args);
  // Whoever repeats a removal that had come to its end is told so.
  const isGone = /^(rm|stop)$/.test(args[0] ?? '') && output.includes('not found');
  if (!codes.includes(code ?? -1) && !isGone)
    throw new Error(`peapod ${args.join(' ')} ended with ${code}: ${output}`);
  return output;
}

/** The background process would do what is to be broken. */
async function endSupervisor(): Promise<void> {
  const asked = new Set<number>();
  for (;;) {
    const pids = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => commandOf(pid).endsWith('supervise') || isAboutToBe(pid));
    if (pids.length === 0) return;
    for (const pid of pids) {
      if (asked.has(pid) || !commandOf(pid).endsWith('supervise')) continue;
      asked.add(pid);
      process.kill(pid, 'SIGTERM');
    }
    await delay(5);
  }
}

/** For a moment at the start of a program the kernel has its file, and no command line. What has ended has no file either. */
function isAboutToBe(pid: number): boolean {
  try {
    return commandOf(pid) === '' && readlinkSync(`/proc/${pid}/exe`) !== '';
  } catch {
    return false;
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
  } catch {
    return '';
  }
}

/** @param again what a user does when it was broken off; the verb itself unless told */
function verb(
  args: readonly string[],
  undo: readonly (readonly string[])[],
  {
    again = [args],
    codes = [0],
    name = args[0] ?? '',
    ...more
  }: { again?: readonly (readonly string[])[]; codes?: number[]; name?: string; leaves?: RegExp } = {},
): OrderedVerb {
  return {
    ...more,
    name,
    atomic: false,
    async attempt() {
      await endSupervisor();
      const { code, output } = await peapod(args, order);
      await endSupervisor();
      return code === null || code === 137 || codes.includes(code) ? undefined : output;
    },
    async finish() {
      for (const step of again) await succeed(step, codes);
      await endSupervisor();
    },
    async undo() {
      for (const step of undo) await succeed(step);
      await endSupervisor();
    },
  };
}

function manifest(name: string, command: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      terminationGracePeriodSeconds: 2,
      containers: [
        {
          name: 'c',
          image: BUSYBOX,
          imagePullPolicy: 'Never',
          command: ['sh', '-c', command],
          env: [{ name: 'KEY', valueFrom: { configMapKeyRef: { name, key: 'key' } } }],
          volumeMounts: [
            { name: 'scratch', mountPath: '/scratch' },
            { name: 'secret', mountPath: '/secret' },
          ],
        },
      ],
      volumes: [
        { name: 'scratch', emptyDir: {} },
        { name: 'secret', secret: { secretName: name } },
      ],
    },
  });
}

function objects(name: string, command: string): string {
  const data = { apiVersion: 'v1', metadata: { name } };
  return [
    JSON.stringify({ ...data, kind: 'ConfigMap', data: { key: 'value' } }),
    JSON.stringify({ ...data, kind: 'Secret', stringData: { key: 'hidden' } }),
    manifest(name, command),
  ].join('\n---\n');
}

await storeBusybox(ROOT);
writeFileSync(MANIFEST, objects('victim', SERVE));
writeFileSync('/run/witness.yaml', objects('witness', 'exec nc -l -p 7 -e /bin/cat'));
await succeed(['run', '-d', '-f', '/run/witness.yaml']);
const [seen] = JSON.parse(await succeed(['inspect', 'witness'])) as { pod: Pod }[];
const heard = watch(await connected(seen?.pod.status?.podIP ?? ''));

const RUN = ['run', '-d', '--replace', '-f', MANIFEST];
const REMOVE = ['rm', '-f', '-t', '0', 'victim'];
const VERBS: readonly OrderedVerb[] = [
  verb(['run', '-d', '-f', MANIFEST], [REMOVE], { again: [RUN] }),
  verb(['exec', 'victim', '--', 'sh', '-c', 'exit 3'], [REMOVE, RUN], {
    codes: [3],
    leaves: /^left over: file .*\/exec-\d+-\w+\.(json|pid)/,
  }),
  // When the last container has ended it is done: the sandbox is stopped by whoever keeps the pod then, or goes with it.
  verb(['stop', '-t', '1', 'victim'], [RUN], { again: [['stop', '-t', '1', 'victim'], REMOVE] }),
];
const REMOVAL = [
  // What only this pod used is taken away after it, by this removal or the next one.
  verb(['rm', '-f', '-t', '1', 'victim'], [RUN], {
    leaves: /^left over: file .*\/(objects\/(secrets|configmaps)\/default_victim\.json|keepers\/<uuid>) /,
  }),
];
for (const one of VERBS) await one.finish();

const subject = {
  cgroupParent: cgroupOf(ROOT),
  isDead: false,
  order(text: string) {
    order = text;
  },
  start: async () => {},
  async checkWitness() {
    heard.check();
  },
};
const book = new CaseBook(options, subject.cgroupParent);
await sweepInOrder(subject, VERBS, options, book);
await succeed(RUN);
await endSupervisor();
await sweepInOrder(subject, REMOVAL, options, book);
book.end();
process.exit(0);
