import { join } from 'node:path';
import { Subject } from '../../system/cri-conformance/subject.ts';
import { startContainerd } from '../../system/support/containerd.ts';
import { startPeapod } from '../../system/support/peapod.ts';
import type { TestRegistry } from '../../system/support/registry.ts';
import { helpersPss, pssOf } from './memory.ts';

export interface BenchSubject extends AsyncDisposable {
  readonly subject: Subject;
  /** PSS of the daemon, in bytes. */
  daemonBytes(): number;
  /** PSS of all that runs for pods beside their containers. */
  helperBytes(): number;
}

/** The sandboxes' own program, of either: both are measured one after the other, so none is the other's. */
const isPause = (commandLine: string) => commandLine === '/pause';

export async function peapodSubject(image: string, compileCache: string): Promise<BenchSubject> {
  const peapod = await startPeapod({ PEAPOD_GUARD_SHARED_OBJECTS: '0', NODE_COMPILE_CACHE: compileCache });
  const endpoint = `unix://${join(peapod.run, 'cri.sock')}`;
  const server = peapod.start(['cri', '--listen', endpoint]);
  await server.untilPrinted(/cri\.sock/);
  const stop = async () => {
    server.signal('SIGTERM');
    await server.ended();
    await peapod[Symbol.asyncDispose]();
  };
  const subject = new Subject({ name: 'peapod', endpoint, image, stop });
  await subject.images.pullImage({ image: { image } });
  return {
    subject,
    daemonBytes: () => pssOf(server.child.pid ?? 0),
    helperBytes: () =>
      helpersPss((line) => isPause(line) || (line.includes(peapod.directory) && /^\S*conmon /.test(line))),
    [Symbol.asyncDispose]: () => subject[Symbol.asyncDispose](),
  };
}

export async function containerdSubject(
  registry: TestRegistry,
  image: string,
  options: { state?: string } = {},
): Promise<BenchSubject> {
  const containerd = await startContainerd(registry, options);
  const { endpoint } = containerd;
  const stop = async () => containerd[Symbol.asyncDispose]();
  const subject = new Subject({ name: 'containerd', endpoint, image, stop });
  await subject.images.pullImage({ image: { image } });
  return {
    subject,
    daemonBytes: () => pssOf(containerd.pid),
    helperBytes: () =>
      helpersPss(
        (line) => isPause(line) || (line.includes(containerd.directory) && line.includes('containerd-shim')),
      ),
    [Symbol.asyncDispose]: () => subject[Symbol.asyncDispose](),
  };
}
