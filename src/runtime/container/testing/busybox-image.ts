import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageStatus } from '../../pod-runtime.ts';

const APPLETS = [
  'sh',
  'ash',
  'sleep',
  'cat',
  'echo',
  'ls',
  'id',
  'env',
  'pwd',
  'mount',
  'umount',
  'unshare',
  'mkdir',
  'touch',
  'rm',
  'dd',
  'kill',
  'ps',
  'true',
  'false',
  'hostname',
  'tty',
  'stty',
  'wc',
  'head',
  'seq',
  'yes',
  'nc',
  'chmod',
  'readlink',
  'grep',
  'date',
  'ip',
  'nohup',
  'setsid',
];

/** The root of an image in which Debian's static busybox is everything. */
export function writeBusyboxRoot(root: string): void {
  for (const path of ['bin', 'etc', 'tmp', 'proc', 'sys', 'dev', 'root', 'var']) {
    mkdirSync(join(root, path), { recursive: true });
  }
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'));
  for (const applet of APPLETS) symlinkSync('busybox', join(root, 'bin', applet));
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nweb:x:33:33:web:/var:/bin/sh\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nweb:x:33:\nextra:x:77:web\n');
}

export function imageStatusOf(id: string, config: Partial<ImageStatus['config']> = {}): ImageStatus {
  return {
    id,
    repoTags: ['busybox:test'],
    repoDigests: [],
    sizeBytes: 0,
    storedAt: 0,
    pinned: false,
    config: {
      user: '',
      env: ['PATH=/bin'],
      entrypoint: [],
      cmd: ['sh'],
      workingDir: '',
      labels: {},
      stopSignal: '',
      volumes: [],
      architecture: 'amd64',
      os: 'linux',
      created: '',
      ...config,
    },
  };
}
