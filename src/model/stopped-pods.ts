/** Wanted of a pod: its containers are stopped and not started again, but it stays. */
export const STOPPED_ANNOTATION = 'peapod.dev/stopped';
/** How long they get, in seconds, instead of `terminationGracePeriodSeconds`. */
export const STOP_GRACE_ANNOTATION = 'peapod.dev/stop-grace-period-seconds';

/** Of a pod that was stopped before it was on a node: nobody will start it. */
export const STOPPED_UNPLACED = {
  phase: 'Failed',
  reason: 'Stopped',
  message: 'The pod was stopped before there was room for it.',
};
