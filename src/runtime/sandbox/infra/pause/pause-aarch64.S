/*
 * pause: the process of the infra container, for arm64. It holds the pod's namespaces, reaps orphans when it is PID 1
 * of a PID namespace, and leaves on SIGTERM or SIGINT. A whole ELF file: headers, code and data in one segment.
 *
 * With an argument it first makes the system calls that it reads from descriptor 3: see system-calls.ts. The child that it
 * splits off goes on, and becomes the pause. What comes of it is written to descriptor 4.
 */
        .set    base, 0x400000
        .set    signals, (1 << 1) | (1 << 14) | (1 << 16)       /* SIGINT, SIGTERM, SIGCHLD */
        .set    calls, 0x10000000                               /* where the calls' pointers point */
        .set    room, 0x10000
        .set    call_size, 56

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

_start: ldr     x0, [sp]                                        /* argc */
        cmp     x0, #1
        b.eq    pause

        mov     x8, #222                                        /* mmap(calls, room, PROT_READ|PROT_WRITE, */
        mov     x0, #calls                                      /*   MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0) */
        mov     x1, #room
        mov     x2, #3
        mov     x3, #0x32
        mov     x4, #-1
        mov     x5, #0
        svc     #0
        mov     x20, #calls
        cmp     x0, x20
        b.ne    none
        mov     x19, x20
        mov     x21, #(calls + room)

more:   mov     x8, #63                                         /* read(3, x19, what room is left) */
        mov     x0, #3
        mov     x1, x19
        sub     x2, x21, x19
        svc     #0
        cmp     x0, #0
        b.le    none
        add     x19, x19, x0
        add     x9, x20, #8
        cmp     x19, x9
        b.lo    more
        ldr     x9, [x20]                                       /* the first word says how many bytes there are */
        add     x9, x9, x20
        cmp     x19, x9
        b.lo    more

        add     x19, x20, #8
call:   ldr     x8, [x19]
        cmn     x8, #1
        b.eq    made
        cmn     x8, #2
        b.eq    split
        ldp     x0, x1, [x19, #8]
        ldp     x2, x3, [x19, #24]
        ldp     x4, x5, [x19, #40]
        svc     #0
        cmn     x0, #4095
        b.hs    failed
next:   add     x19, x19, #call_size
        b       call

split:  mov     x8, #220                                        /* clone(SIGCHLD) */
        mov     x0, #17
        mov     x1, #0
        mov     x2, #0
        mov     x3, #0
        mov     x4, #0
        svc     #0
        cbz     x0, next
        cmn     x0, #4095
        b.hs    failed
        mov     x19, #0                                         /* 0, and the child's PID */
        mov     x20, #0
        b       tell

failed: mov     x20, #1                                         /* where the call stands, and its error */
tell:   stp     x19, x0, [sp, #-16]!
        mov     x8, #64                                         /* write(4, sp, 16) */
        mov     x0, #4
        mov     x1, sp
        mov     x2, #16
        svc     #0
        mov     x8, #94                                         /* exit_group(x20) */
        mov     x0, x20
        svc     #0

none:   mov     x8, #94                                         /* exit_group(1): whoever wanted it is gone */
        mov     x0, #1
        svc     #0

made:   mov     x8, #215                                        /* munmap(calls, room) */
        mov     x0, #calls
        mov     x1, #room
        svc     #0

pause:  mov     x8, #135                                        /* rt_sigprocmask(SIG_BLOCK, &set, NULL, 8) */
        mov     x0, #0
        adr     x1, set
        mov     x2, #0
        mov     x3, #8
        svc     #0

wait:   mov     x8, #137                                        /* rt_sigtimedwait(&set, NULL, NULL, 8) */
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
        b.ne    wait

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
        b       wait

        .balign 8
set:    .quad   signals
end:
