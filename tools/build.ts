/**
 * Writes `dist/`: the program as few files that Node.js loads in a fraction of the time that the sources take. `./peapod` uses it as
 * long as no source is newer. Verbs stay apart, so that each loads only what it needs. With `--types` also what TypeScript needs of those who
 * import this package.
 */
import { spawnSync } from 'node:child_process';
import { globSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { bundleOptions } from './bundle-options.ts';

const WHOLE = './whole.js';

/** A program that is started for one verb, loads no others when they are called, and never speaks CRI. */
function loadingOnly(verbs: readonly string[]): Plugin {
  return {
    name: 'loading only',
    setup(bundler) {
      bundler.onResolve({ filter: /^\./ }, ({ path, importer, kind }) => {
        if (kind !== 'dynamic-import') return undefined;
        const isOthers = importer.endsWith('/src/cli/program.ts') && !verbs.includes(basename(path, '.ts'));
        return isOthers || path.includes('/cri/') ? { path: WHOLE, external: true } : undefined;
      });
    },
  };
}

rmSync('dist', { recursive: true, force: true });
await build({
  ...bundleOptions,
  outdir: 'dist',
  entryPoints: [
    { in: 'src/cli/main.ts', out: 'whole' },
    { in: 'src/embed/index.ts', out: 'index' },
    { in: 'src/scheduler/index.ts', out: 'scheduler' },
    ...globSync('src/**/*-worker.ts').map((path) => ({ in: path, out: basename(path, '.ts') })),
  ],
});
// What many verbs share in part lies in many small files, and each costs a start as much as 20 KB. These are fewer.
for (const { verb, main, loaded } of [
  { verb: 'run', main: 'src/cli/run-main.ts', loaded: [] },
  { verb: 'supervise', main: 'src/cli/main.ts', loaded: ['supervise'] },
])
  await build({
    ...bundleOptions,
    outdir: 'dist',
    entryPoints: [{ in: main, out: verb }],
    chunkNames: `${verb}-[name]-[hash]`,
    plugins: [loadingOnly(loaded), ...bundleOptions.plugins],
  });
writeFileSync(
  'dist/main.js',
  `if (Number.parseInt(process.versions.node) < 24) {
  console.error("peapod: needs Node.js 24 or later, and this is " + process.versions.node + ": set PEAPOD_NODE to one");
  process.exit(69);
}
const own = new Map([['run', './run.js'], ['supervise', './supervise.js']]);
await import(own.get(process.argv[2]) ?? '${WHOLE}');
`,
);

if (process.argv.includes('--types')) {
  const { status } = spawnSync('tsc', ['-p', 'tools/tsconfig.types.json'], { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}
