const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** What Go's zero time looks like. */
const NEVER = 'Mon, 01 Jan 0001 00:00:00 +0000';

/** An RFC 3339 time in the machine's zone, as Go's RFC1123Z has it: `Mon, 02 Jan 2006 15:04:05 -0700`. */
export function longTime(time: string | undefined): string {
  const at = new Date(time ?? Number.NaN);
  if (Number.isNaN(at.getTime())) return NEVER;
  const two = (value: number) => String(value).padStart(2, '0');
  const zone = -at.getTimezoneOffset();
  const offset = `${zone < 0 ? '-' : '+'}${two(Math.trunc(Math.abs(zone) / 60))}${two(Math.abs(zone) % 60)}`;
  const clock = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  return `${DAYS[at.getDay()]}, ${two(at.getDate())} ${MONTHS[at.getMonth()]} ${at.getFullYear()} ${clock} ${offset}`;
}
