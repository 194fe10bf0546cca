import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { startPeapod } from '../support/peapod.ts';
import { runSuite } from './run-suite.ts';

runSuite('peapod', async () => {
  const peapod = await startPeapod();
  // Root of a user namespace has to get to its files.
  await chmod(peapod.directory, 0o711);
  const endpoint = `unix://${join(peapod.run, 'cri.sock')}`;
  const server = peapod.start(['cri', '--listen', endpoint]);
  await server.untilPrinted(/cri\.sock/);
  return {
    endpoint,
    [Symbol.asyncDispose]: async () => {
      server.signal('SIGTERM');
      await server.ended();
      await peapod[Symbol.asyncDispose]();
    },
  };
});
