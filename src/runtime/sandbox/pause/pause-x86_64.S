/*
 * pause: the process of the infra container, for x86-64. It holds the pod's namespaces, reaps orphans when it is PID 1
 * of a PID namespace, and leaves on SIGTERM or SIGINT. A whole ELF file: headers, code and data in one segment.
 */
        .set    base, 0x400000
        .set    signals, (1 << 1) | (1 << 14) | (1 << 16)       /* SIGINT, SIGTERM, SIGCHLD */

        .globl  _start
elf:    .byte   0x7f, 'E', 'L', 'F', 2, 1, 1, 0
        .quad   0
        .short  2, 62                                           /* ET_EXEC, EM_X86_64 */
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
        .quad   0x1000

_start: mov     $14, %eax                                       /* rt_sigprocmask(SIG_BLOCK, &set, NULL, 8) */
        xor     %edi, %edi
        lea     set(%rip), %rsi
        xor     %edx, %edx
        mov     $8, %r10d
        syscall

next:   mov     $128, %eax                                      /* rt_sigtimedwait(&set, NULL, NULL, 8) */
        lea     set(%rip), %rdi
        xor     %esi, %esi
        xor     %edx, %edx
        mov     $8, %r10d
        syscall
        cmp     $17, %eax
        je      reap
        cmp     $15, %eax
        je      leave
        cmp     $2, %eax
        jne     next

leave:  mov     $231, %eax                                      /* exit_group(0) */
        xor     %edi, %edi
        syscall

reap:   mov     $61, %eax                                       /* wait4(-1, NULL, WNOHANG, NULL) until nobody is left */
        mov     $-1, %rdi
        xor     %esi, %esi
        mov     $1, %edx
        xor     %r10d, %r10d
        syscall
        test    %eax, %eax
        jg      reap
        jmp     next

        .balign 8
set:    .quad   signals
end:
