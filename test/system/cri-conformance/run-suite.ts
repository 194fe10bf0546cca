import { after, afterEach, before, describe } from 'node:test';
import { busyboxImage, pushImage, startRegistry, type TestRegistry } from '../support/registry.ts';
import { runCases } from './conformance-case.ts';
import { CONTAINER_CASES } from './container-cases.ts';
import { FIELD_CASES } from './field-cases.ts';
import { IMAGE_CASES } from './image-cases.ts';
import { MOUNT_CASES } from './mount-cases.ts';
import { SANDBOX_CASES } from './sandbox-cases.ts';
import { SECURITY_CASES } from './security-cases.ts';
import { SERVICE_CASES } from './service-cases.ts';
import { STREAM_CASES } from './stream-cases.ts';
import { Subject, type SubjectName } from './subject.ts';

const PASSWD = 'root:x:0:0:root:/root:/bin/sh\nweb:x:33:33:web:/var:/bin/sh\n';
const GROUP = 'root:x:0:\nweb:x:33:\nextra:x:1042:web\n';

export interface Server extends AsyncDisposable {
  readonly endpoint: string;
}

/** Holds a runtime to the API's text, verb by verb. */
export function runSuite(name: SubjectName, start: (registry: TestRegistry) => Promise<Server>): void {
  void describe(`CRI as its text has it: ${name}`, () => {
    let registry: TestRegistry;
    let subject: Subject;

    before(async () => {
      registry = await startRegistry();
      const files = [
        { name: 'etc', type: 'directory' as const },
        { name: 'tmp', type: 'directory' as const },
        { name: 'var', type: 'directory' as const },
        { name: 'etc/passwd', content: PASSWD },
        { name: 'etc/group', content: GROUP },
      ];
      const { reference } = await pushImage(registry, 'conformance:1', busyboxImage(files));
      await pushImage(registry, 'numbered:1', busyboxImage(files, { User: '1042' }));
      await pushImage(registry, 'named:1', busyboxImage(files, { User: 'web' }));
      for (const tag of ['twice:1', 'twice:2'])
        await pushImage(registry, tag, busyboxImage([{ name: 'twice', content: 'twice\n' }]));
      const server = await start(registry);
      subject = new Subject({
        name,
        endpoint: server.endpoint,
        image: reference,
        stop: async () => server[Symbol.asyncDispose](),
      });
      await subject.images.pullImage({ image: { image: reference } });
    });
    after(async () => {
      await subject?.[Symbol.asyncDispose]();
      await registry?.[Symbol.asyncDispose]();
    });
    afterEach(() => subject.clear());

    const all = [
      SERVICE_CASES,
      IMAGE_CASES,
      SANDBOX_CASES,
      CONTAINER_CASES,
      STREAM_CASES,
      SECURITY_CASES,
      FIELD_CASES,
      MOUNT_CASES,
    ];
    for (const cases of all) runCases(() => subject, cases, name);
  });
}
