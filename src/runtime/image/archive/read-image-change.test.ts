import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPeapodError } from '../../../model/errors.ts';
import type { ImageConfigChanges } from '../image-store.ts';
import { readImageChange } from './read-image-change.ts';

const table: [string[], ImageConfigChanges][] = [
  [['CMD ["a", "b c"]'], { cmd: ['a', 'b c'] }],
  [['CMD a b'], { cmd: ['/bin/sh', '-c', 'a b'] }],
  [['ENTRYPOINT=["/init"]', 'ENTRYPOINT ["/other"]'], { entrypoint: ['/other'] }],
  [['ENV A=1', 'env B="x y"', 'ENV C z'], { env: ['A=1', 'B=x y', 'C=z'] }],
  [['LABEL a=b', 'LABEL c=d=e'], { labels: { a: 'b', c: 'd=e' } }],
  [['VOLUME ["/a"]', 'VOLUME /b /c'], { volumes: ['/a', '/b', '/c'] }],
  [['EXPOSE 80 53/udp'], { exposedPorts: ['80', '53/udp'] }],
  [
    ['USER 1000:1000', 'WORKDIR /srv', 'STOPSIGNAL SIGQUIT'],
    { user: '1000:1000', workingDir: '/srv', stopSignal: 'SIGQUIT' },
  ],
];

for (const [instructions, expected] of table) {
  test(`${instructions.join(', ')} is understood`, () => {
    assert.deepEqual(instructions.reduce(readImageChange, {}), expected);
  });
}

for (const instruction of ['', 'CMD', 'RUN x', 'CMD ["a"', 'CMD [1]', 'ENV A', 'FROM x']) {
  test(`${JSON.stringify(instruction)} is refused by name`, () => {
    assert.throws(
      () => readImageChange({}, instruction),
      (error) => isPeapodError(error, 'Invalid') && error.message.includes(JSON.stringify(instruction)),
    );
  });
}
