const BINARY_UNITS = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi'];

/** An amount as the engine reckons (milli-CPUs, bytes, whole units), as a human writes it: `1500m`, `2.5Gi`, `3`. */
export function formatAmount(resource: string, amount: number): string {
  if (resource === 'cpu') return amount % 1000 === 0 ? String(amount / 1000) : `${amount}m`;
  if (!isInBytes(resource)) return String(amount);
  let scaled = Math.abs(amount);
  let unit = 0;
  while (scaled >= 1024 && unit < BINARY_UNITS.length - 1) {
    scaled /= 1024;
    unit++;
  }
  const text = `${Number(scaled.toFixed(2))}${BINARY_UNITS[unit] ?? ''}`;
  return amount < 0 ? `-${text}` : text;
}

/** The amount exactly, as a quantity that Kubernetes reads. */
export function exactAmount(resource: string, amount: number): string {
  if (resource === 'cpu') return formatAmount(resource, amount);
  if (!isInBytes(resource)) return String(amount);
  let whole = amount;
  let unit = 0;
  while (whole !== 0 && whole % 1024 === 0 && unit < BINARY_UNITS.length - 1) {
    whole /= 1024;
    unit++;
  }
  return `${whole}${BINARY_UNITS[unit] ?? ''}`;
}

function isInBytes(resource: string): boolean {
  return resource === 'memory' || resource === 'ephemeral-storage' || resource.startsWith('hugepages-');
}
