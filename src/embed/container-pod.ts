import type { Pod } from '../model/api/types.ts';

/** A pod of one container, told in few words. */
export interface ContainerWishes {
  /** Of the pod; one that is free unless told. */
  readonly name?: string;
  /** In place of the image's entrypoint. */
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

/** @returns a Pod whose only container is called `main` */
export function containerPod(image: string, wishes: ContainerWishes): Pod {
  const { name, command, args, env = {}, labels } = wishes;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...(name === undefined ? { generateName: `${shortName(image)}-` } : { name }),
      ...(labels === undefined ? {} : { labels: { ...labels } }),
    },
    spec: {
      containers: [
        {
          name: 'main',
          image,
          ...(command === undefined ? {} : { command: [...command] }),
          ...(args === undefined ? {} : { args: [...args] }),
          env: Object.entries(env).map(([variable, value]) => ({ name: variable, value })),
        },
      ],
    },
  };
}

/** `registry:5000/library/Web_App:1@sha256:…` → `web-app` */
function shortName(image: string): string {
  const last = image.split('@')[0]?.split('/').at(-1)?.split(':')[0] ?? '';
  const name = last
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  return name.slice(0, 40) || 'pod';
}
