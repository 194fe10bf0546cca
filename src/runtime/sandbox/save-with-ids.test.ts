import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runtimePaths } from '../paths.ts';
import type { SandboxContext } from './sandbox-context.ts';
import { type SandboxRecord, SandboxRecords, sandboxId } from './sandbox-record.ts';
import { saveWithIds } from './save-with-ids.ts';

const RANGE = 65_536;

function record(uid: string, range: number, attempt = 0): SandboxRecord {
  const metadata = { name: uid, namespace: 'default', uid, attempt };
  const ids = [{ containerId: 0, hostId: range * RANGE, length: RANGE }];
  return {
    version: 1,
    id: sandboxId(metadata),
    config: {
      metadata,
      hostname: uid,
      logDirectory: '',
      portMappings: [],
      labels: {},
      annotations: {},
      linux: {
        cgroupParent: '',
        namespaces: { network: 'POD', pid: 'CONTAINER', ipc: 'POD', userns: { uids: ids, gids: ids } },
        sysctls: {},
        securityContext: {},
      },
    },
    createdAt: 0,
    stoppedAt: 0,
    maker: { pid: 1, startTime: 0 },
    bootId: '',
    infra: undefined,
    ips: [],
  };
}

test('ids belong to one pod, whoever asks at the same time, until its sandboxes are removed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'peapod-ids-'));
  try {
    const paths = runtimePaths(join(directory, 'lib'), join(directory, 'run'));
    const records = new SandboxRecords(paths.sandboxes);
    const context = { paths, records } as unknown as SandboxContext;
    const save = (one: SandboxRecord) => saveWithIds(context, one, {});
    const both = await Promise.allSettled([save(record('a', 7)), save(record('b', 7))]);
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    const [first] = await records.list();
    const uid = first?.config.metadata.uid ?? '';
    const other = uid === 'a' ? 'b' : 'a';
    await save(record(uid, 7, 1));
    await save(record(other, 8));
    await assert.rejects(save(record('c', 7)), { code: 'Unavailable', retryable: true });
    for (const { id } of await records.list()) await records.remove(id);
    await save(record('c', 7));
  } finally {
    await rm(directory, { recursive: true });
  }
});
