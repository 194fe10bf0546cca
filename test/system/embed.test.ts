/** The package as somebody else's program has it: packed, installed in another folder, its types checked, its example run. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { imageArchive, imageReference } from './support/images.ts';
import { takeSnapshot, leaksSince, type LeakScope } from './support/leaks.ts';
import { processes } from './support/kernel-view.ts';
import { until } from './support/peapod.ts';

const HOME = join(import.meta.dirname, '../..');

let directory: string;
let env: NodeJS.ProcessEnv;
let scope: LeakScope;
let earlier: Awaited<ReturnType<typeof takeSnapshot>>;

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'peapod-embed-'));
  scope = { directory, bridge: 'ppembede0', subnet: '10.219.0.0/24', cgroup: 'none' };
  env = {
    ...process.env,
    PEAPOD_ROOT: join(directory, 'root'),
    PEAPOD_RUN: join(directory, 'run'),
    PEAPOD_BRIDGE: 'ppembed',
    PEAPOD_SUBNET: '10.217.0.0/16',
    PEAPOD_CNI_CONF_DIR: join(directory, 'none'),
    IMAGE: imageReference('busybox'),
    IMAGE_ARCHIVE: await imageArchive('busybox'),
  };
  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', directory], {
    cwd: HOME,
    encoding: 'utf8',
  });
  install(join(directory, packed.trim().split('\n').at(-1) ?? ''));
  earlier = await takeSnapshot(scope);
});
after(() => rmSync(directory, { recursive: true, force: true }));

/** As npm would, with the dependencies that are here already. */
function install(tarball: string): void {
  const modules = join(directory, 'program/node_modules');
  mkdirSync(join(modules, 'peapod'), { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', join(modules, 'peapod'), '--strip-components=1']);
  const { dependencies } = JSON.parse(readFileSync(join(modules, 'peapod/package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  for (const name of [...Object.keys(dependencies), '@types/node', 'undici-types']) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(HOME, 'node_modules', name), join(modules, name));
  }
  // Without what the example's reader installed: that is this clone, not the package.
  cpSync(join(HOME, 'examples/embed'), join(directory, 'program'), {
    recursive: true,
    filter: (path) => basename(path) !== 'node_modules',
  });
}

async function nothingIsLeft(): Promise<void> {
  assert.deepEqual(await leaksSince(earlier, scope), []);
  assert.deepEqual(readdirSync(join(directory, 'root/ephemeral')), []);
}

function write(name: string, text: string): string {
  const path = join(directory, 'program', name);
  writeFileSync(path, text);
  return path;
}

test('its types hold for another program, declarations included', () => {
  const config = {
    compilerOptions: {
      strict: true,
      module: 'nodenext',
      target: 'esnext',
      lib: ['esnext'],
      types: ['node'],
      noEmit: true,
      skipLibCheck: false,
    },
    include: ['*.ts'],
  };
  write('tsconfig.json', JSON.stringify(config));
  write(
    'wrong.ts',
    "import { Peapod } from 'peapod';\n// @ts-expect-error -- no such option\nawait Peapod.start({ rooot: '' });\n",
  );
  write(
    'plan.ts',
    "import { defaultProfile } from 'peapod/scheduler';\nconsole.log(typeof defaultProfile);\n",
  );
  execFileSync(join(HOME, 'node_modules/.bin/tsc'), ['-p', '.'], {
    cwd: join(directory, 'program'),
    encoding: 'utf8',
  });
  const said = execFileSync(process.execPath, ['plan.ts'], {
    cwd: join(directory, 'program'),
    encoding: 'utf8',
  });
  assert.equal(said, 'function\n');
});

test('the example runs against real pods and leaves nothing', async () => {
  const child = spawn(process.execPath, ['--test', 'web.test.ts'], {
    cwd: join(directory, 'program'),
    env: { ...env, NODE_TEST_CONTEXT: undefined },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(child, 'close')) as [number];
  assert.equal(code, 0, said);
  assert.match(said, /pass 2\b/);
  await nothingIsLeft();
});

test('a program that is killed takes its pods along', async () => {
  const path = write(
    'killed.ts',
    `import { Peapod } from 'peapod';
const peapod = await Peapod.start();
const spec = { containers: [{ name: 'main', image: process.env['IMAGE'], command: ['sleep', '4321'] }] };
await peapod.run({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'lone' }, spec });
console.log('up');
await new Promise((resolve) => setTimeout(resolve, 600_000));
`,
  );
  const child = spawn(process.execPath, [path], { env });
  child.stderr.pipe(process.stderr);
  await once(child.stdout, 'data');
  const sleeping = async () =>
    (await processes()).some(({ commandLine }) => commandLine.includes('sleep 4321'));
  assert.equal(await sleeping(), true);
  child.kill('SIGKILL');
  await until('the pod is gone', async () => ((await sleeping()) ? undefined : true));
  await until('the engine is gone', async () =>
    readdirSync(join(directory, 'root/ephemeral')).length === 0 ? true : undefined,
  );
  await nothingIsLeft();
});
