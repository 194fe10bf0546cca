import type { FitCount } from '../../scheduler/simulate/count-fits.ts';
import { renderTable } from '../output/table.ts';

/** The table of how many more copies of each pod fit. */
export function renderFits(fits: readonly FitCount[]): string {
  const short = fits.every(({ pod }) => pod.startsWith('default/'));
  return renderTable(
    [
      { heading: 'POD', value: ({ pod }) => (short ? pod.slice('default/'.length) : pod) },
      { heading: 'MORE COPIES', value: ({ copies, more }) => `${more ? 'at least ' : ''}${copies}` },
      {
        heading: 'LIMITED BY',
        value: ({ limits }) =>
          limits.map(({ reason, nodes }) => `${reason} (${nodesText(nodes)})`).join('; '),
      },
    ],
    fits,
  );
}

function nodesText(count: number): string {
  return count === 1 ? '1 node' : `${count} nodes`;
}
