import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** What the peers need, and the Debian package that has it. */
const PACKAGES = {
  podman: 'podman',
  catatonit: 'catatonit',
  crun: 'crun',
  runc: 'runc',
  conmon: 'conmon',
  containerd: 'containerd',
  'docker-registry': 'docker-registry',
  skopeo: 'skopeo',
  umoci: 'umoci',
  nsenter: 'util-linux',
  ip: 'iproute2',
  busybox: 'busybox-static',
};

/** @throws Error that names every package that is missing */
export function requirePrograms(): void {
  const missing = Object.entries(PACKAGES).filter(([program]) => !isThere(program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(([, name]) => name))].join(' ');
  throw new Error(
    `the benchmark needs ${missing.map(([program]) => program).join(', ')}: apt-get install ${packages}`,
  );
}

function isThere(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
