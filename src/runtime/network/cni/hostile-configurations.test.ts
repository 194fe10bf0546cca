/** CNI configurations that name paths: names become files of the plugins', and types become programs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPeapodError } from '../../../model/errors.ts';
import { parseNetworkConfig } from './conflist.ts';

const conflist = (name: unknown, type: unknown): string =>
  JSON.stringify({ cniVersion: '1.0.0', name, plugins: [{ type }] });

test('CNI names with slashes are refused by name', () => {
  for (const name of ['../../etc/cron.d/x', 'a/b', '/abs', '..', '.hidden', '', 'a\nb', 'a\0b', 7, null]) {
    assert.throws(
      () => parseNetworkConfig(conflist(name, 'bridge'), 'x.conflist'),
      (error) => isPeapodError(error, 'NetworkError') && error.message.includes('x.conflist: invalid name'),
      String(name),
    );
  }
});

test('CNI plugin types with slashes are refused by name', () => {
  for (const type of ['../../bin/sh', '/bin/sh', 'a/b', '..', '', 7, undefined]) {
    assert.throws(
      () => parseNetworkConfig(conflist('net', type), 'x.conflist'),
      (error) => isPeapodError(error, 'NetworkError') && error.message.includes('invalid plugin type'),
      String(type),
    );
  }
});

test('usual names are taken, in lists and in single configurations', () => {
  assert.equal(parseNetworkConfig(conflist('my-net.0', 'bridge'), 'x').name, 'my-net.0');
  assert.deepEqual(
    parseNetworkConfig('{"name":"n","type":"ptp"}', 'x').plugins.map(({ type }) => type),
    ['ptp'],
  );
  for (const text of ['', '[]', 'null', '{"name":"n","plugins":[]}', '{"name":"n","plugins":7}'])
    assert.throws(() => parseNetworkConfig(text, 'x'), { code: 'NetworkError' }, text);
});
