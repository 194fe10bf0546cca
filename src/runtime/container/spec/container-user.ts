import { PeapodError } from '../../../model/errors.ts';

/** Who a container's processes run as. */
export interface ContainerUser {
  uid: number;
  gid: number;
  /** With the primary group, so that taking the group away from a file takes it away from them too. */
  supplementalGroups: number[];
  /** Empty when the image's `/etc/passwd` does not name one. */
  home: string;
}

export interface UserRequest {
  runAsUser: number | undefined;
  runAsUsername: string | undefined;
  runAsGroup: number | undefined;
  /** `user`, `user:group`, by name or number, from the image's configuration. */
  imageUser: string;
  supplementalGroups: readonly number[];
  policy: 'Merge' | 'Strict';
}

interface PasswdEntry {
  name: string;
  uid: number;
  gid: number;
  home: string;
}

interface GroupEntry {
  name: string;
  gid: number;
  members: string[];
}

/** What the kernel and Kubernetes take as an id: a greater one would wrap round, to root at worst. */
const GREATEST_ID = 2 ** 31 - 1;

/**
 * Resolves the user as CRI tells: the manifest's id, then its name, then the image's user; groups of the image's `/etc/group`
 * count with policy `Merge` only.
 * @param passwd the text of the image's `/etc/passwd`, empty when there is none
 * @param group the text of its `/etc/group`
 * @throws PeapodError CreateContainerConfigError for a name that the image does not have, or an id out of range
 */
export function resolveUser(request: UserRequest, passwd: string, group: string): ContainerUser {
  const users = parsePasswd(passwd);
  const groups = parseGroup(group);
  const [imageUser = '', imageGroup = ''] = request.imageUser.split(':', 2);
  const fromImage = request.runAsUser === undefined && !request.runAsUsername;
  const wanted = fromImage ? imageUser || '0' : String(request.runAsUser ?? request.runAsUsername);
  const byNumber = /^\d+$/.test(wanted);
  const uidWanted = byNumber ? checkedId(wanted, 'user') : undefined;
  const entry = users.find((user) => (byNumber ? user.uid === uidWanted : user.name === wanted));
  const uid = uidWanted ?? entry?.uid;
  if (uid === undefined) throw missing('user', wanted, '/etc/passwd');
  const gid =
    request.runAsGroup !== undefined
      ? checkedId(String(request.runAsGroup), 'group')
      : fromImage && imageGroup !== ''
        ? groupId(imageGroup, groups)
        : (entry?.gid ?? 0);
  const member =
    entry && request.policy === 'Merge' ? groups.filter((g) => g.members.includes(entry.name)) : [];
  const supplemental = request.supplementalGroups.map((id) => checkedId(String(id), 'group'));
  return {
    uid,
    gid,
    supplementalGroups: [...new Set([gid, ...member.map((g) => g.gid), ...supplemental])],
    home: entry?.home ?? '',
  };
}

function groupId(wanted: string, groups: readonly GroupEntry[]): number {
  if (/^\d+$/.test(wanted)) return checkedId(wanted, 'group');
  const entry = groups.find((group) => group.name === wanted);
  if (!entry) throw missing('group', wanted, '/etc/group');
  return entry.gid;
}

function checkedId(text: string, kind: 'user' | 'group'): number {
  const id = Number(text);
  if (!Number.isSafeInteger(id) || id < 0 || id > GREATEST_ID) {
    throw new PeapodError(
      'CreateContainerConfigError',
      `${kind} id ${text} is not between 0 and ${GREATEST_ID}`,
    );
  }
  return id;
}

function missing(kind: 'user' | 'group', name: string, file: string): PeapodError {
  return new PeapodError(
    'CreateContainerConfigError',
    `unable to find ${kind} ${JSON.stringify(name)}: the image's ${file} does not name it`,
  );
}

/** Lines that are not well-formed, or whose ids are out of range, are nobody's. */
function parsePasswd(text: string): PasswdEntry[] {
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid, , home = ''] = line.split(':');
    if (!name || !isId(uid) || !isId(gid)) return [];
    return [{ name, uid: Number(uid), gid: Number(gid), home: safeHome(home) }];
  });
}

function parseGroup(text: string): GroupEntry[] {
  return text.split('\n').flatMap((line) => {
    const [name, , gid, members = ''] = line.split(':');
    if (!name || !isId(gid)) return [];
    return [{ name, gid: Number(gid), members: members.split(',') }];
  });
}

function isId(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,10}$/.test(text) && Number(text) <= GREATEST_ID;
}

/** A home that is not a plain absolute path (a carriage return or an escape in it) is as good as none. */
function safeHome(home: string): string {
  // oxlint-disable-next-line no-control-regex
  return home.startsWith('/') && !/[\u0000-\u001f\u007f]/.test(home) ? home : '';
}
