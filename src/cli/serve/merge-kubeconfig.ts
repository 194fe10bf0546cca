/** Adds a cluster to a kubeconfig that others use too: everything else in it stays as it is, comments too. */
import { chown, mkdir, open, readFile, realpath, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Document, isMap, isSeq, parse, parseDocument, type YAMLMap, YAMLSeq } from 'yaml';
import { PeapodError } from '../../model/errors.ts';
import { writeFileAtomic } from '../../runtime/linux/write-file-atomic.ts';

const SECTIONS = { clusters: 'cluster', users: 'user', contexts: 'context' } as const;

/** Our own kubeconfig with another name of cluster, user and context. */
export function renamed(kubeconfig: string, name: string): string {
  if (name === 'peapod') return kubeconfig;
  const document = parseDocument(kubeconfig);
  document.set('current-context', name);
  for (const section of Object.keys(SECTIONS)) document.setIn([section, 0, 'name'], name);
  document.setIn(['contexts', 0, 'context', 'cluster'], name);
  document.setIn(['contexts', 0, 'context', 'user'], name);
  return document.toString({ lineWidth: 0 });
}

/**
 * Merges `own` into the user's kubeconfig, and makes its context the current one. The file is replaced as a whole, for its owner alone;
 * kubectl is kept from writing it meanwhile.
 * @returns the file's path
 * @throws PeapodError Invalid when the file cannot be read as a kubeconfig; Conflict when the name is another cluster's, or somebody
 *   else writes the file
 */
export async function mergeKubeconfig(own: string, name: string, env: NodeJS.ProcessEnv): Promise<string> {
  const path = await targetPath(name, env);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await using _locked = await lockAsKubectl(path);
  const present = await readIfThere(path);
  // Root may write what belongs to a user, who has to be able to read it afterwards.
  const owner = await stat(present === undefined ? dirname(path) : path);
  await writeFileAtomic(path, mergeInto(present ?? '', own, { name, path }), { mode: 0o600 });
  if (owner.uid !== process.getuid?.()) await chown(path, owner.uid, owner.gid);
  return path;
}

/** @throws PeapodError Invalid, Conflict */
export function mergeInto(
  present: string,
  own: string,
  { name, path }: { name: string; path: string },
): string {
  const document: Document = parseDocument(present);
  const [problem] = document.errors;
  if (problem !== undefined) throw new PeapodError('Invalid', `cannot read ${path}: ${problem.message}`);
  if (document.contents === null || (!isMap(document.contents) && document.toJSON() === null)) {
    document.contents = document.createNode({ apiVersion: 'v1', kind: 'Config' });
  }
  if (!isMap(document.contents)) throw new PeapodError('Invalid', `${path} is not a kubeconfig`);
  const wanted = parse(own) as Record<string, Record<string, unknown>[]>;
  refuseOthers(document, wanted, { name, path });
  for (const [section, field] of Object.entries(SECTIONS)) {
    const entry = wanted[section]?.[0];
    const list = document.get(section, true);
    if (!isSeq(list)) {
      if ((document.toJSON() as Record<string, unknown>)[section] != null)
        throw new PeapodError('Invalid', `${path}: ${section}: must be a list`);
      document.set(section, document.createNode([entry]));
      continue;
    }
    const found = entryOf(list, name);
    if (found === undefined) list.add(document.createNode(entry));
    // What the user has added to the context, such as a namespace, stays.
    else if (section === 'contexts') {
      found.setIn([field, 'cluster'], name);
      found.setIn([field, 'user'], name);
    } else found.set(field, document.createNode(entry?.[field]));
    // An empty list is written in one line; what is added is not.
    if (list instanceof YAMLSeq) list.flow = false;
  }
  document.set('current-context', name);
  return document.toString({ lineWidth: 0 });
}

function entryOf(list: unknown, name: string): YAMLMap | undefined {
  if (!isSeq(list)) return undefined;
  return list.items.find((item): item is YAMLMap => isMap(item) && item.get('name') === name);
}

/** An entry of this name is ours when it has our authority or our address. */
function refuseOthers(
  document: Document,
  wanted: Record<string, Record<string, unknown>[]>,
  { name, path }: { name: string; path: string },
): void {
  const found = entryOf(document.get('clusters', true), name)?.toJSON() as
    | { cluster?: Record<string, unknown> }
    | undefined;
  if (found === undefined) {
    const taken = entryOf(document.get('users', true), name) ?? entryOf(document.get('contexts', true), name);
    if (taken === undefined) return;
  } else {
    const ours = wanted['clusters']?.[0]?.['cluster'] as Record<string, unknown> | undefined;
    const same = (field: string) => found.cluster?.[field] === ours?.[field];
    if (same('certificate-authority-data') || same('server')) return;
  }
  throw new PeapodError('Conflict', `"${name}" in ${path} is another cluster's`, {
    hint: 'peapod kubeconfig --merge --context peapod-2',
  });
}

/** As kubectl: of several files the one that has the context already, else the first. */
async function targetPath(name: string, env: NodeJS.ProcessEnv): Promise<string> {
  const given = (env['KUBECONFIG'] ?? '').split(':').filter((path) => path !== '');
  const paths = given.length > 0 ? given : [join(env['HOME'] || homedir(), '.kube/config')];
  for (const path of paths) {
    const text = await readIfThere(path);
    if (text !== undefined && entryOf(parseDocument(text).get('contexts', true), name) !== undefined)
      return realpath(path);
  }
  const [first = ''] = paths;
  return realpath(first).catch(() => resolve(first));
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new PeapodError('Invalid', `cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** @see client-go, tools/clientcmd/config.go: the file that kubectl makes while it writes */
async function lockAsKubectl(path: string): Promise<AsyncDisposable> {
  const lock = `${path}.lock`;
  try {
    await (await open(lock, 'wx', 0o600)).close();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw new PeapodError('Conflict', `somebody else writes ${path}`, {
      cause,
      retryable: true,
      hint: `rm ${lock}, when nobody does`,
    });
  }
  return { [Symbol.asyncDispose]: () => rm(lock, { force: true }) };
}
