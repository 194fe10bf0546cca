/**
 * Writes `src/cri/api/runtime_pb.ts`, the CRI's messages and services in TypeScript, from `runtime.proto` beside it.
 * `--check` only tells whether it is up to date.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const api = fileURLToPath(new URL('../src/cri/api', import.meta.url));
const bin = fileURLToPath(new URL('../node_modules/.bin', import.meta.url));

function generate(): string {
  using out = mkdtempDisposableSync(join(tmpdir(), 'peapod-cri-'));
  const plugin = {
    local: [join(bin, 'protoc-gen-es')],
    out: out.path,
    opt: ['target=ts', 'erasable_syntax=true', 'elide_plugin_version=true'],
  };
  execFileSync(
    join(bin, 'buf'),
    ['generate', '--template', JSON.stringify({ version: 'v2', plugins: [plugin] }), api],
    {
      env: { ...process.env, BUF_CACHE_DIR: join(out.path, 'cache') },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  return readFileSync(join(out.path, 'runtime_pb.ts'), 'utf8');
}

const target = join(api, 'runtime_pb.ts');
const text = generate();
if (!process.argv.includes('--check')) writeFileSync(target, text);
else if (readFileSync(target, 'utf8') !== text) {
  console.error(`${target} is out of date: run 'node tools/generate-cri.ts'`);
  process.exitCode = 1;
}
