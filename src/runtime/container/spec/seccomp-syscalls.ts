/**
 * The system calls that a container may make by default, by subject. Which ones that are is the field's common judgement (Docker's, containerd's
 * and CRI-O's default profiles agree in all that matters): everything that acts on the caller's own process, files and sockets.
 */
const FILES = `
  access chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64
  fadvise64_64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr
  flistxattr flock fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futimesat
  getcwd getdents getdents64 getxattr getxattrat ioctl lchown lchown32 lgetxattr link linkat listxattr listxattrat
  llistxattr _llseek lremovexattr lseek lsetxattr lstat lstat64 mkdir mkdirat mknod mknodat name_to_handle_at newfstatat
  open openat openat2 pipe pipe2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readdir readlink
  readlinkat readv removexattr removexattrat rename renameat renameat2 rmdir sendfile sendfile64 setxattr setxattrat
  splice stat stat64 statfs statfs64 statmount listmount statx symlink symlinkat sync sync_file_range syncfs tee truncate
  truncate64 umask unlink unlinkat utime utimensat utimensat_time64 utimes vmsplice write writev cachestat
  inotify_add_watch inotify_init inotify_init1 inotify_rm_watch fanotify_mark
  landlock_add_rule landlock_create_ruleset landlock_restrict_self`;

const WAITING = `
  epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2
  io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit
  _newselect poll ppoll ppoll_time64 pselect6 pselect6_time64 select
  futex futex_time64 futex_requeue futex_wait futex_waitv futex_wake get_robust_list set_robust_list
  signalfd signalfd4 timerfd timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64`;

const SOCKETS = `
  accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg recvmmsg_time64 recvmsg send
  sendmmsg sendmsg sendto setsockopt shutdown socketcall socketpair`;

const MEMORY = `
  brk madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap mmap2 mprotect mremap
  mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect process_mrelease remap_file_pages`;

const PROCESSES = `
  arch_prctl capget capset execve execveat exit exit_group fork vfork wait4 waitid waitpid
  getcpu getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getpgid getpgrp getpid getppid getpriority
  getresgid getresgid32 getresuid getresuid32 getrlimit getrusage getsid gettid getuid getuid32 get_thread_area
  ioprio_get ioprio_set kill pause pidfd_open pidfd_send_signal prctl prlimit64 ptrace process_vm_readv process_vm_writev
  restart_syscall rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend
  rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo
  sched_getaffinity sched_getattr sched_getparam sched_get_priority_max sched_get_priority_min sched_getscheduler
  sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam sched_setscheduler
  sched_yield seccomp set_thread_area set_tid_address setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups
  setgroups32 setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32
  setrlimit setsid setuid setuid32 sigaction sigaltstack signal sigpending sigprocmask sigreturn sigsuspend
  sysinfo tgkill times tkill ugetrlimit uname`;

const TIME = `
  adjtimex alarm clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64
  clock_nanosleep clock_nanosleep_time64 getitimer gettimeofday nanosleep setitimer time timer_create timer_delete
  timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 getrandom`;

const INTERPROCESS = `
  ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink
  msgctl msgget msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt shmget`;

export const ALLOWED_SYSCALLS: readonly string[] = [
  FILES,
  WAITING,
  SOCKETS,
  MEMORY,
  PROCESSES,
  TIME,
  INTERPROCESS,
].flatMap(words);

/** What a capability of the container adds. */
export const CAPABILITY_SYSCALLS: Readonly<Record<string, readonly string[]>> = {
  CAP_BPF: ['bpf'],
  CAP_DAC_READ_SEARCH: ['open_by_handle_at'],
  CAP_PERFMON: ['perf_event_open'],
  CAP_SYS_ADMIN: words(`
    bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr lsm_list_modules
    lsm_set_self_attr mount mount_setattr move_mount open_tree open_tree_attr perf_event_open pivot_root quotactl quotactl_fd
    setdomainname sethostname setns syslog umount umount2 unshare`),
  CAP_SYS_BOOT: ['reboot'],
  CAP_SYS_CHROOT: ['chroot'],
  CAP_SYS_MODULE: ['delete_module', 'finit_module', 'init_module'],
  CAP_SYS_NICE: ['get_mempolicy', 'mbind', 'set_mempolicy', 'set_mempolicy_home_node'],
  CAP_SYS_PACCT: ['acct'],
  CAP_SYS_PTRACE: ['kcmp', 'pidfd_getfd', 'process_madvise'],
  CAP_SYS_RAWIO: ['ioperm', 'iopl'],
  CAP_SYS_TIME: ['clock_settime', 'clock_settime64', 'settimeofday', 'stime'],
  CAP_SYS_TTY_CONFIG: ['vhangup'],
  CAP_SYSLOG: ['syslog'],
};

/** Never allowed, whatever the capabilities: known, so the answer is EPERM. Calls that nobody here knows get ENOSYS, and libraries fall back. */
export const REFUSED_SYSCALLS: readonly string[] = words(`
  _sysctl add_key bdflush create_module get_kernel_syms io_uring_enter io_uring_register io_uring_setup kexec_file_load
  kexec_load keyctl migrate_pages move_pages nfsservctl nice oldfstat oldlstat oldolduname oldstat olduname query_module
  request_key sgetmask ssetmask swapoff swapon sysfs uselib userfaultfd ustat vm86 vm86old`);

/** Calls that exist on one architecture only; without them programs there do not even start. */
export const ARCHITECTURE_SYSCALLS: Readonly<Record<'x64' | 'arm64', readonly string[]>> = {
  x64: ['modify_ldt'],
  arm64: [
    'arm_fadvise64_64',
    'arm_sync_file_range',
    'breakpoint',
    'cacheflush',
    'set_tls',
    'sync_file_range2',
  ],
};

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
