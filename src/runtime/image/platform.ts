import { PeapodError } from '../../model/errors.ts';

/** What an image runs on, in Go's words. An empty variant means the architecture's usual one. */
export interface Platform {
  os: string;
  architecture: string;
  variant: string;
}

const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = {
  x64: 'amd64',
  ia32: '386',
  loong64: 'loong64',
  ppc64: 'ppc64le',
};

/** What an architecture's images are when they do not say. */
const USUAL_VARIANTS: Record<string, string> = { amd64: 'v1', arm64: 'v8', arm: 'v7' };

export function hostPlatform(): Platform {
  const architecture = ARCHITECTURES[process.arch] ?? process.arch;
  return { os: 'linux', architecture, variant: USUAL_VARIANTS[architecture] ?? '' };
}

/**
 * The first manifest of an index that runs here: the same variant before any other that this machine can take.
 * @throws PeapodError ImageNotFound when there is none; the message lists what there is
 */
export function chooseManifest<Entry extends { platform: Platform | undefined }>(
  manifests: readonly Entry[],
  wanted: Platform,
): Entry {
  const runnable = manifests
    .map((entry) => ({ entry, rank: rankOf(entry.platform, wanted) }))
    .filter(({ rank }) => rank !== undefined)
    .sort((a, b) => (b.rank ?? 0) - (a.rank ?? 0));
  const [best] = runnable;
  if (best !== undefined) return best.entry;
  const offered = [...new Set(manifests.map(({ platform }) => describe(platform)))].filter(
    (text) => text !== '',
  );
  throw new PeapodError(
    'ImageNotFound',
    `no image for ${describe(wanted)} in it; it has: ${offered.join(', ') || 'nothing'}`,
  );
}

/** Higher is better; nothing when it can't run. An older variant runs on a newer machine, not the other way round. */
function rankOf(platform: Platform | undefined, wanted: Platform): number | undefined {
  if (platform?.os !== wanted.os || platform.architecture !== wanted.architecture) return undefined;
  const usual = USUAL_VARIANTS[wanted.architecture] ?? '';
  const offered = variantNumber(platform.variant || usual);
  const most = variantNumber(wanted.variant || usual);
  return offered > most ? undefined : offered;
}

function variantNumber(variant: string): number {
  const match = /^v(\d+)/.exec(variant);
  return match === null ? 0 : Number(match[1]);
}

function describe(platform: Platform | undefined): string {
  if (platform === undefined || platform.os === 'unknown') return '';
  const { os, architecture, variant } = platform;
  return variant === '' || variant === USUAL_VARIANTS[architecture]
    ? `${os}/${architecture}`
    : `${os}/${architecture}/${variant}`;
}
