/*
 * pause: the process of the infra container, for arm64. It holds the pod's namespaces, reaps orphans when it is PID 1
 * of a PID namespace, and leaves on SIGTERM or SIGINT. A whole ELF file: headers, code and data in one segment.
 */
        .set    base, 0x400000
        .set    signals, (1 << 1) | (1 << 14) | (1 << 16)       /* SIGINT, SIGTERM, SIGCHLD */

        .globl  _start
elf:    .byte   0x7f, 'E', 'L', 'F', 2, 1, 1, 0
        .quad   0
        .short  2, 183                                          /* ET_EXEC, EM_AARCH64 */
        .long   1
        .quad   base + (_start - elf)
        .quad   segment - elf
        .quad   0
        .long   0
        .short  64, 56, 1, 0, 0, 0

segment:
        .long   1, 5                                            /* PT_LOAD, readable and executable */
        .quad   0, base, base
        .quad   end - elf, end - elf
        .quad   0x10000

_start: mov     x8, #135                                        /* rt_sigprocmask(SIG_BLOCK, &set, NULL, 8) */
        mov     x0, #0
        adr     x1, set
        mov     x2, #0
        mov     x3, #8
        svc     #0

next:   mov     x8, #137                                        /* rt_sigtimedwait(&set, NULL, NULL, 8) */
        adr     x0, set
        mov     x1, #0
        mov     x2, #0
        mov     x3, #8
        svc     #0
        cmp     x0, #17
        b.eq    reap
        cmp     x0, #15
        b.eq    leave
        cmp     x0, #2
        b.ne    next

leave:  mov     x8, #94                                         /* exit_group(0) */
        mov     x0, #0
        svc     #0

reap:   mov     x8, #260                                        /* wait4(-1, NULL, WNOHANG, NULL) until nobody is left */
        mov     x0, #-1
        mov     x1, #0
        mov     x2, #1
        mov     x3, #0
        svc     #0
        cmp     x0, #0
        b.gt    reap
        b       next

        .balign 8
set:    .quad   signals
end:
