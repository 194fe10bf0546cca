/** What the checks may ask of a host. */
export interface DoctorHost {
  /** The effective user. */
  readonly uid: number;
  /** Where peapod keeps its state, and where it looks for network plugins. */
  readonly places: { root: string; run: string; cniBinDirs: readonly string[] };
  readonly nodeVersion: string;
  /** A file's text; nothing when it cannot be read. */
  read(path: string): Promise<string | undefined>;
  exists(path: string): Promise<boolean>;
  /** The types of the plugins of the network that the node configures; none for our own. @throws PeapodError of one that can't be used */
  networkPlugins(): Promise<readonly string[]>;
  /** Where a program lies on PATH; nothing when it does not. */
  find(program: string): Promise<string | undefined>;
  /** Runs a program to its end; code 127 when there is none. Never throws. */
  run(command: string, ...args: string[]): Promise<CommandResult>;
  /** The file system that holds the path, or that will: the nearest parent that exists. */
  fileSystem(path: string): Promise<FileSystemView>;
}

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface FileSystemView {
  /** As `statfs` gives it. */
  type: number;
  freeBytes: number;
  /** 0 for both when the file system has no fixed number of inodes. */
  freeInodes: number;
  inodes: number;
}

export const TMPFS_MAGIC = 0x01021994;
