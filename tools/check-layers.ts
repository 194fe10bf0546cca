/** Demands that each room imports only from the rooms that DESIGN.md names for it. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

/** What each room may import besides itself: a folder, or single files that are a room's face. */
const ALLOWED: Record<string, readonly string[]> = {
  model: [],
  scheduler: ['model', 'client'],
  'scheduler/engine': ['model'],
  runtime: ['model'],
  store: ['model'],
  streaming: ['model'],
  client: ['model', 'streaming'],
  agent: [
    'model',
    'client',
    'runtime/pod-runtime.ts',
    'runtime/pod-volumes.ts',
    'runtime/pod-cgroups.ts',
    'runtime/testing',
  ],
  apiserver: ['model', 'store', 'client', 'streaming'],
  embed: ['model', 'client', 'streaming'],
  controllers: ['model', 'client', 'apiserver/testing'],
  cri: ['model', 'runtime', 'streaming'],
  cli: [
    'model',
    'scheduler',
    'runtime',
    'agent',
    'store',
    'client',
    'apiserver',
    'cri',
    'streaming',
    'controllers',
  ],
};

/** Node modules that mean I/O, a clock or randomness: not in a pure room. */
const PURE = ['model', 'scheduler/engine'];

/** Functions of node:fs that change something: a room that makes pods calls them by way of `runtime/linux/`, where tests can break each. */
const CHANGES =
  /^(append|copy|cp|create|fchmod|fchown|fsync|chmod|chown|lchown|link|lutimes|mkdir|mkdtemp|rename|rm|rmdir|symlink|truncate|unlink|utimes|write)/;

/** What the runtime does outside its process without a step at which a test could break it. */
function unbreakable(file: string, text: string): string[] {
  if (!file.startsWith('src/runtime/') || /^src\/runtime\/linux\/|\/testing\/|\.test\.ts$/.test(file))
    return [];
  const problems: string[] = [];
  for (const [, what = '', module = ''] of text.matchAll(/import ([^;]*?) from '(node:[^']+)'/g)) {
    if (module === 'node:child_process')
      problems.push(`${file}: starts processes by itself: see runtime/linux`);
    if (module !== 'node:fs' && module !== 'node:fs/promises') continue;
    const names = what
      .replace(/[{}]/g, '')
      .split(',')
      .map((name) => name.trim().split(' as ')[0] ?? '');
    for (const name of names.filter(
      (one) => (CHANGES.test(one) && !one.startsWith('createRead')) || what.includes('*'),
    ))
      problems.push(`${file}: ${name} changes files: import it from runtime/linux/files.ts`);
  }
  return problems;
}

function roomOf(file: string): string {
  const parts = relative('src', file).split('/');
  const nested = parts.slice(0, 2).join('/');
  return nested in ALLOWED ? nested : (parts[0] ?? '');
}

function checkFile(file: string): string[] {
  const room = roomOf(file);
  const allowed = ALLOWED[room];
  if (allowed === undefined) return parts(file) === 1 ? [] : [`${file}: no such room: ${room}`];
  const text = readFileSync(file, 'utf8');
  const problems = unbreakable(file, text);
  for (const match of text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
    const target = match[1] ?? '';
    if (target.startsWith('node:') && PURE.includes(room) && !file.endsWith('.test.ts')) {
      problems.push(`${file}: ${room} is pure, but imports ${target}`);
    }
    if (!target.startsWith('.')) continue;
    const path = relative('src', normalize(join(dirname(file), target)));
    if (path.startsWith('..')) {
      if (!path.startsWith('../package.json')) problems.push(`${file}: imports ${target} from outside src`);
      continue;
    }
    const own =
      path === room || path.startsWith(`${room}/`) || path.startsWith(`${room.split('/')[0]}/engine/`);
    if (!own && !allowed.some((face) => path === face || path.startsWith(`${face}/`))) {
      problems.push(`${file}: ${room} may not import ${path}`);
    }
  }
  return problems;
}

function parts(file: string): number {
  return relative('src', file).split('/').length;
}

const files = globSync('src/**/*.ts').filter((file) => !file.startsWith('src/model/api/types'));
const problems = files.flatMap(checkFile);
for (const problem of problems) console.error(problem);
console.log(`${files.length} files, ${problems.length} layer violations`);
process.exitCode = problems.length > 0 ? 1 : 0;
