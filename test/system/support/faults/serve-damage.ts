/**
 * In a lab: each file that a server keeps is emptied, cut, overwritten or replaced by another version's while the server is dead. It then goes on
 * where it was, or says at its start which file it is. Prints a line of JSON for each case.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Pod } from '../../../../src/model/api/types.ts';
import { cgroupOf } from '../peapod.ts';
import { CaseBook, type CaseOptions } from './case-book.ts';
import { LabServer } from './lab-server.ts';
import { DAMAGES, replaceFile, stateFiles } from './state-files.ts';
import { BUSYBOX, storeBusybox } from './store-busybox.ts';
import { accept, awaitState, type Expected, settled } from './trial.ts';
import { connected, watch } from './witness.ts';
import { labRoot } from './remove-lab-cgroups.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as CaseOptions;
const ROOT = labRoot(options.cgroupParent);
const SETTLE_MS = 15_000;
const server = new LabServer(ROOT);
const lab = { cgroupParent: cgroupOf(join(ROOT, 'cluster')) };

function pod(name: string, command: string): Pod {
  const container = { name: 'c', image: BUSYBOX, imagePullPolicy: 'Never', command: ['sh', '-c', command] };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      containers: [container],
      volumes: [{ name: 'scratch', emptyDir: {} }],
      terminationGracePeriodSeconds: 1,
    },
  };
}

const VICTIM = pod('victim', 'trap "exit 0" TERM; while :; do sleep 1000 & wait $!; done');
const run = async () => {
  if ((await server.get('victim')) === undefined) await server.create(VICTIM);
  await server.until('the victim is ready', () => server.isReady('victim'));
};
const remove = async () => {
  await server.delete('victim', 0);
  await server.until('the victim is gone', async () => (await server.get('victim')) === undefined);
};

await storeBusybox(ROOT);
await server.start();
await server.create(pod('witness', 'exec nc -l -p 7 -e /bin/cat'));
await server.until('the witness is ready', () => server.isReady('witness'));
// What the witness is has to be in the database itself: whoever loses the log loses what is in the log alone.
await server.end();
await server.start();
const connection = watch(await connected((await server.get('witness'))?.status?.podIP ?? ''));
await run();
await remove();
const ofOthers = new Set(stateFiles().filter((path) => !isServers(path)));
const expected: Expected = { before: await settled(lab), after: [] };
await run();
expected.after = await settled(lab);
const files = stateFiles().filter((path) => !ofOthers.has(path));

const damaged = files.map((path) => ({ path, damages: damagesOf(path) }));
const book = new CaseBook(options, lab.cgroupParent);
for (const { path: first, damages } of damaged) {
  for (const [kind, damage] of damages) {
    await book.try('damage', `${kindOf(first)} ${kind}`, async () => {
      await server.end('SIGKILL');
      const path = presentPath(first);
      const problems = path === undefined ? [`there is no ${first} any more`] : await tryDamage(path, damage);
      if (server.isDead) await server.start();
      if (problems.length > 0) {
        await remove();
        accept(await settled(lab), expected);
      }
      await run();
      return problems;
    });
  }
}
book.end();
process.exit(0);

/** Those that change something. */
function damagesOf(path: string): [kind: string, damage: (content: Buffer) => Buffer | string][] {
  const content = readFileSync(path);
  return Object.entries(DAMAGES).filter(([, damage]) => !content.equals(Buffer.from(damage(content))));
}

/** Not of a pod or an image. */
function isServers(path: string): boolean {
  return !/\/(sandboxes|containers|network|pods|volumes|images)\//.test(path);
}

async function tryDamage(path: string, damage: (content: Buffer) => Buffer | string): Promise<string[]> {
  const problems: string[] = [];
  const note = (when: string, found: readonly string[]) => {
    if (found.length > 0) problems.push(`${when}: ${found.slice(0, 12).join('; ')}`);
  };
  const whole = readFileSync(path);
  replaceFile(path, Buffer.from(damage(whole)));
  try {
    await server.start();
  } catch (error) {
    // What cannot be made anew: the database, and the keys of the authority.
    // A database is one with its log.
    const name = basename(path).replace(/-(wal|shm)$/, '');
    if (!server.said.includes(name)) problems.push(`the start does not name it: ${String(error)}`);
    replaceFile(path, whole);
    await server.start();
  }
  try {
    await run();
    // As long as the pod runs its address is taken, whatever the lease says; and a container that was made anew has another number.
    const isFine = (line: string) =>
      /\/leases\/[^/]+\/<address> of |: file .*\/c\/\d\.(log|termination) /.test(line);
    const found = await awaitState(lab, [expected.after], SETTLE_MS, isFine);
    note('after the start', found);
    await remove();
    note('after the removal', await awaitState(lab, [expected.before], SETTLE_MS));
    await run();
    note('after the run', await awaitState(lab, [expected.after], SETTLE_MS));
    const [container] = (await server.get('witness'))?.status?.containerStatuses ?? [];
    if (container?.restartCount !== 0) problems.push('the witness was restarted');
  } catch (error) {
    problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    await server.end('SIGKILL');
    replaceFile(path, whole);
    await server.start();
  }
  connection.check();
  return problems;
}

/** A pod that runs anew has another UID, its sandbox another address, and its tokens a folder of another name. */
function presentPath(path: string): string | undefined {
  if (existsSync(path)) return path;
  return stateFiles().find((one) => !ofOthers.has(one) && kindOf(one) === kindOf(path));
}

function kindOf(path: string): string {
  return path
    .replace(/[0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
    .replace(/kube-api-access-\w{5}\b/, 'kube-api-access-<random>')
    .replace(/\.\.\d{4}(_\d\d){5}\.[0-9a-f]+/, '..<time>')
    .replace(/\/[\d.a-f:]+$/, '/<address>');
}
