import type { JobStatus } from '../../model/api/types.ts';
import type { Occurrence } from '../record-event.ts';

/** What a change of a job's status has to tell. */
export function jobEvents(before: JobStatus | undefined, after: JobStatus): Occurrence[] {
  return (after.conditions ?? []).flatMap(({ type, status, reason = '', message = '' }): Occurrence[] => {
    const previous = before?.conditions?.find((one) => one.type === type);
    if (previous?.status === status) return [];
    if (type === 'Suspended' && status === 'True') return [{ type: 'Normal', reason: 'Suspended', message }];
    if (type === 'Suspended') return [{ type: 'Normal', reason: 'Resumed', message }];
    if (type === 'Complete') return [{ type: 'Normal', reason: 'Completed', message: 'Job completed' }];
    return type === 'Failed' ? [{ type: 'Warning', reason, message }] : [];
  });
}
