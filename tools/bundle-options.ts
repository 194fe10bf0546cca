/** How our sources become few files that Node.js loads in a fraction of the time that they take. */
import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { promisify } from 'node:util';
import type { BuildOptions, Plugin } from 'esbuild';

/** Code that is started by its file: workers, and the program itself. They all lie side by side in `dist/`. */
const STARTED_BY_FILE = /new URL\('(?:\.{1,2}\/)+(?:[\w-]+\/)*([\w-]+)\.ts', import\.meta\.url\)/g;

const besideEachOther: Plugin = {
  name: 'beside each other',
  setup(bundler) {
    bundler.onLoad({ filter: /\/src\/.*\.ts$/, namespace: 'file' }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      return { loader: 'ts', contents: text.replace(STARTED_BY_FILE, "new URL('./$1.js', import.meta.url)") };
    });
  },
};

/**
 * To import one of Node.js's own modules by name costs more than the module: all names that could be asked for are filled in, which
 * runs getters that load what nobody wants (all of undici, for `node:http`). Asked for as an object, only what is used is looked up.
 */
const builtinsAsObjects: Plugin = {
  name: 'builtins as objects',
  setup(bundler) {
    bundler.onResolve({ filter: /^(node:)?[a-z_]+(\/[a-z_]+)*$/ }, ({ path, kind, importer }) => {
      if (!isBuiltin(path)) return undefined;
      const pluginData = path.startsWith('node:') ? path : `node:${path}`;
      if (kind === 'require-call') return { path, namespace: 'required builtin', pluginData };
      // Of one for all, each bundle would have to load a file of its own.
      return {
        path: `${path} of ${importer}`,
        namespace: 'imported builtin',
        pluginData,
        sideEffects: false,
      };
    });
    bundler.onLoad({ filter: /.*/, namespace: 'required builtin' }, ({ pluginData }) => ({
      contents: `module.exports = ${builtin(pluginData)};`,
    }));
    bundler.onLoad({ filter: /.*/, namespace: 'imported builtin' }, ({ pluginData }) => ({
      contents: SLOW.has(pluginData) ? loadedAtFirstCall(pluginData) : loadedAtOnce(pluginData),
    }));
  },
};

/** They load dozens of others, and most verbs never call them. */
const SLOW = new Set(['node:child_process', 'node:crypto', 'node:http']);

function loadedAtOnce(path: string): string {
  return [
    `const module = /* @__PURE__ */ ${builtin(path)};`,
    'const named = (name) => module[name];',
    'export default module;',
    ...namesOf(path).map((name) => `export const ${name} = /* @__PURE__ */ named('${name}');`),
  ].join('\n');
}

/** What is more than a function to be called (a class, an object, one that `promisify` knows) is loaded at once where it is asked for. */
function loadedAtFirstCall(path: string): string {
  const module = process.getBuiltinModule(path) as unknown as Record<string, unknown>;
  const isPlain = (value: unknown) => typeof value === 'function' && !(promisify.custom in value);
  return [
    'let loaded;',
    `const load = () => (loaded ??= ${builtin(path)});`,
    'const named = (name) => load()[name];',
    'const called = (name) => (...args) => load()[name](...args);',
    'export default /* @__PURE__ */ new Proxy({}, { get: (_, name) => load()[name] });',
    ...namesOf(path).map((name) => {
      const how = /^[a-z]/.test(name) && isPlain(module[name]) ? 'called' : 'named';
      return `export const ${name} = /* @__PURE__ */ ${how}('${name}');`;
    }),
  ].join('\n');
}

function builtin(path: string): string {
  return `process.getBuiltinModule('${path}')`;
}

function namesOf(path: string): string[] {
  const own = new Set(['default', 'module', 'named']);
  return Object.keys(process.getBuiltinModule(path) ?? {}).filter(
    (name) => /^[A-Za-z]\w*$/.test(name) && !own.has(name),
  );
}

/**
 * The way to the C library's functions, straight from the file that holds it: koffi's own code looks for it, and asks for Node.js's own modules by
 * name, which takes five times as long. Where the file is not what it is looked for as (another C library, say), koffi finds it.
 */
const required: Plugin = {
  name: 'required',
  setup(bundler) {
    bundler.onResolve({ filter: /^koffi$/, namespace: 'required' }, ({ path }) => ({ path, external: true }));
    bundler.onResolve({ filter: /^koffi$/ }, ({ path }) => ({ path, namespace: 'required' }));
    bundler.onLoad({ filter: /.*/, namespace: 'required' }, ({ path }) => ({
      contents: [
        'const { arch } = process;',
        'let native;',
        'try {',
        // esbuild breaks lines, also within a template.
        "  native = require('@koromix/koffi-linux-' + arch + '/linux_' + arch + '/koffi.node');",
        '} catch {',
        `  native = require('${path}');`,
        '}',
        'module.exports = native;',
      ].join('\n'),
    }));
  },
};

/** What every bundle is made with; a bundle of several entry points shares what they have in common. */
export const bundleOptions = {
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  minifyWhitespace: true,
  minifySyntax: true,
  // Node.js shows the line in which an error was thrown.
  lineLimit: 160,
  // Packages in CommonJS's form need `require`.
  banner: {
    js: "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);",
  },
  entryNames: '[name]',
  chunkNames: '[name]-[hash]',
  plugins: [besideEachOther, required, builtinsAsObjects],
  logLevel: 'warning',
} satisfies BuildOptions;
