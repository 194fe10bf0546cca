import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPeapodError } from '../../model/errors.ts';
import { chooseManifest, type Platform } from './platform.ts';

function platform(text: string): Platform {
  const [os = '', architecture = '', variant = ''] = text.split('/');
  return { os, architecture, variant };
}

const table: [string, string[], string][] = [
  ['linux/amd64/v1', ['linux/arm64', 'linux/amd64'], 'linux/amd64'],
  ['linux/amd64/v1', ['linux/amd64/v3', 'linux/amd64'], 'linux/amd64'],
  ['linux/arm64/v8', ['linux/arm64', 'windows/arm64'], 'linux/arm64'],
  ['linux/arm64/v8', ['linux/arm64/v9', 'linux/arm64/v8'], 'linux/arm64/v8'],
  ['linux/arm/v7', ['linux/arm/v5', 'linux/arm/v6', 'linux/arm64'], 'linux/arm/v6'],
  ['linux/amd64/v1', ['unknown/unknown', 'linux/amd64', 'linux/amd64'], 'linux/amd64'],
];

for (const [wanted, offered, expected] of table) {
  test(`on ${wanted}, of ${offered.join(' and ')} it is ${expected}`, () => {
    const entries = offered.map((text) => ({ text, platform: platform(text) }));
    assert.equal(chooseManifest(entries, platform(wanted)).text, expected);
  });
}

test('an index without an image for this machine says what it has', () => {
  assert.throws(
    () =>
      chooseManifest(
        [
          { platform: platform('linux/arm/v6') },
          { platform: platform('unknown/unknown') },
          { platform: undefined },
        ],
        platform('linux/amd64'),
      ),
    (error) =>
      isPeapodError(error, 'ImageNotFound') &&
      error.message === 'no image for linux/amd64 in it; it has: linux/arm/v6',
  );
});
