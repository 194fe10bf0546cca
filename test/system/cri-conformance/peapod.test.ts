import { join } from 'node:path';
import { startPeapod } from '../support/peapod.ts';
import { runSuite } from './run-suite.ts';

runSuite('peapod', async () => {
  const peapod = await startPeapod();
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
