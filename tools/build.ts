/**
 * Writes `dist/`: the program as few files that Node.js loads in a fraction of the time that the sources take. `./peapod` uses it as
 * long as no source is newer. Verbs stay apart, so that each loads only what it needs. With `--types` also what TypeScript needs of those who
 * import this package.
 */
import { readFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { globSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { build, type Plugin } from 'esbuild';

/** Code that is started by its file: workers, and the program itself. They all lie side by side in `dist/`. */
const STARTED_BY_FILE = /new URL\('(?:\.{1,2}\/)+(?:[\w-]+\/)*([\w-]+)\.ts', import\.meta\.url\)/g;

const besideEachOther: Plugin = {
  name: 'beside each other',
  setup(bundler) {
    bundler.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      return { loader: 'ts', contents: text.replace(STARTED_BY_FILE, "new URL('./$1.js', import.meta.url)") };
    });
  },
};

/**
 * To import `node:http` costs a process three times what Node.js itself needs to start: the names that a module could ask for are
 * filled in, and one of them loads all of undici. Asked for as an object it costs nothing.
 */
const httpAsObject: Plugin = {
  name: 'http as object',
  setup(bundler) {
    bundler.onResolve({ filter: /^(node:)?https?$/ }, ({ path }) => ({ path, namespace: 'builtin' }));
    bundler.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      loader: 'js',
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};

rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: [
    { in: 'src/cli/main.ts', out: 'main' },
    { in: 'src/embed/index.ts', out: 'index' },
    { in: 'src/scheduler/index.ts', out: 'scheduler' },
    ...globSync('src/**/*-worker.ts').map((path) => ({ in: path, out: basename(path, '.ts') })),
  ],
  outdir: 'dist',
  entryNames: '[name]',
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  // Native code; and packages in CommonJS's form need `require`.
  external: ['koffi'],
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
  plugins: [besideEachOther, httpAsObject],
  logLevel: 'warning',
});

if (process.argv.includes('--types')) {
  const { status } = spawnSync('tsc', ['-p', 'tools/tsconfig.types.json'], { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}
