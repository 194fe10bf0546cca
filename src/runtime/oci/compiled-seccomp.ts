/**
 * Seccomp profiles that crun has compiled once: to compile the default one takes crun longer than all else that it does for a container.
 *
 *     <run>/seccomp/<hash>    SHA-256 of the program, and the program as the kernel takes it
 *
 * It is crun's own work that crun is handed again. The hash is of the profile, of crun's file, and of the loader's cache, which changes with the
 * libraries; a reboot, perhaps with another kernel, ends them all.
 * @see run.oci.seccomp_bpf_data in crun(1)
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OciRuntimeCommand } from '../container/container-context.ts';
import type { OciSpec } from '../container/spec/oci-spec.ts';
import { fileIdentity } from '../linux/file-identity.ts';
import { mkdir } from '../linux/files.ts';
import { writeFileAtomic } from '../linux/write-file-atomic.ts';
import { isCrun, stateFolder } from './state-folder.ts';

const ANNOTATION = 'run.oci.seccomp_bpf_data';
const LIBRARIES = '/etc/ld.so.cache';
const HASH_BYTES = 32;
/** Of one instruction. A program has at most 4096. @see BPF_MAXINSNS */
const INSTRUCTION_BYTES = 8;
const MAX_BYTES = 4096 * INSTRUCTION_BYTES;

/** By path: what is in the file, as crun wants to be given it. */
const programs = new Map<string, string>();

export function compiledSeccompDirectory(run: string): string {
  return join(run, 'seccomp');
}

/** @returns the specification with its profile's program in it, where crun has compiled that before */
export async function withCompiledSeccomp(
  run: string,
  runtime: OciRuntimeCommand,
  spec: OciSpec,
): Promise<OciSpec> {
  const path = programPath(run, runtime, spec);
  const program = path === undefined ? undefined : (programs.get(path) ?? (await load(path)));
  return program === undefined
    ? spec
    : { ...spec, annotations: { ...spec.annotations, [ANNOTATION]: program } };
}

/** Keeps what crun has compiled for a container that it has just created. @throws ErrnoException when it cannot be written */
export async function keepCompiledSeccomp(
  run: string,
  runtime: OciRuntimeCommand,
  id: string,
  spec: OciSpec,
): Promise<void> {
  const path = programPath(run, runtime, spec);
  const folder = stateFolder(runtime, id);
  if (path === undefined || folder === undefined || programs.has(path)) return;
  const program = await readFile(join(folder, 'seccomp.bpf')).catch(() => undefined);
  if (program === undefined || !isProgram(program)) return;
  await mkdir(compiledSeccompDirectory(run), { recursive: true, mode: 0o700 });
  await writeFileAtomic(path, Buffer.concat([sha256(program), program]), { mode: 0o600, durable: false });
  programs.set(path, program.toString('base64'));
}

function programPath(run: string, runtime: OciRuntimeCommand, spec: OciSpec): string | undefined {
  const { seccomp } = spec.linux;
  if (seccomp === undefined || !isCrun(runtime)) return undefined;
  const made = [runtime.path, LIBRARIES].map(fileIdentity);
  return join(compiledSeccompDirectory(run), sha256(JSON.stringify([made, seccomp])).toString('hex'));
}

async function load(path: string): Promise<string | undefined> {
  const content = await readFile(path).catch(() => undefined);
  const program = content?.subarray(HASH_BYTES);
  if (content === undefined || program === undefined || !isProgram(program)) return undefined;
  if (!sha256(program).equals(content.subarray(0, HASH_BYTES))) return undefined;
  const text = program.toString('base64');
  programs.set(path, text);
  return text;
}

function isProgram(bytes: Buffer): boolean {
  return bytes.length > 0 && bytes.length <= MAX_BYTES && bytes.length % INSTRUCTION_BYTES === 0;
}

function sha256(content: string | Uint8Array): Buffer {
  return createHash('sha256').update(content).digest();
}
