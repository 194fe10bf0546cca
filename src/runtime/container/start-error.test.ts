import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startErrorMessage } from './start-error.ts';

const prefix = 'OCI runtime create failed: unable to start container process: ';

for (const [output, command, expected] of [
  [
    'executable file `nope` not found in $PATH: No such file or directory\n',
    'nope',
    'exec: "nope": executable file not found in $PATH',
  ],
  [
    'time="2026-11-23T14:17:37Z" level=error msg="runc create failed: unable to start container process: exec: \\"nope\\": executable file not found in $PATH"\n',
    'nope',
    'exec: "nope": executable file not found in $PATH',
  ],
  [
    'executable file `/no/such` not found: No such file or directory',
    '/no/such',
    'exec: "/no/such": stat /no/such: no such file or directory',
  ],
  [
    'time="2026" level=error msg="runc create failed: unable to start container process: exec: \\"/no/such\\": stat /no/such: no such file or directory"',
    '/no/such',
    'exec: "/no/such": stat /no/such: no such file or directory',
  ],
  ['open executable: Permission denied', '/etc/passwd', 'exec: "/etc/passwd": permission denied'],
  [
    'mount `proc` to `proc`: Operation not permitted',
    'sh',
    'mount `proc` to `proc`: Operation not permitted',
  ],
  ['', 'sh', 'the OCI runtime ended without a word'],
] as const) {
  test(`${JSON.stringify(output.slice(0, 60))} says ${expected}`, () => {
    assert.equal(startErrorMessage(output, command), prefix + expected);
  });
}
