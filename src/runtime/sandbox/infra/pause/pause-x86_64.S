/*
 * pause: the process of the infra container, for x86-64. It holds the pod's namespaces, reaps orphans when it is PID 1
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

_start: cmpq    $1, (%rsp)                                      /* argc */
        je      pause

        mov     $9, %eax                                        /* mmap(calls, room, PROT_READ|PROT_WRITE, */
        mov     $calls, %edi                                    /*   MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0) */
        mov     $room, %esi
        mov     $3, %edx
        mov     $0x32, %r10d
        mov     $-1, %r8
        xor     %r9d, %r9d
        syscall
        cmp     $calls, %rax
        jne     none
        mov     %rax, %rbx

more:   xor     %eax, %eax                                      /* read(3, rbx, what room is left) */
        mov     $3, %edi
        mov     %rbx, %rsi
        mov     $(calls + room), %edx
        sub     %ebx, %edx
        syscall
        test    %rax, %rax
        jle     none
        add     %rax, %rbx
        cmp     $(calls + 8), %rbx
        jb      more
        mov     $calls, %ecx                                    /* the first word says how many bytes there are */
        add     (%rcx), %rcx
        cmp     %rcx, %rbx
        jb      more

        mov     $(calls + 8), %ebx
call:   mov     (%rbx), %rax
        cmp     $-1, %rax
        je      made
        cmp     $-2, %rax
        je      split
        mov     8(%rbx), %rdi
        mov     16(%rbx), %rsi
        mov     24(%rbx), %rdx
        mov     32(%rbx), %r10
        mov     40(%rbx), %r8
        mov     48(%rbx), %r9
        syscall
        cmp     $-4095, %rax
        jae     failed
next:   add     $call_size, %rbx
        jmp     call

split:  mov     $56, %eax                                       /* clone(SIGCHLD) */
        mov     $17, %edi
        xor     %esi, %esi
        xor     %edx, %edx
        xor     %r10d, %r10d
        xor     %r8d, %r8d
        syscall
        test    %rax, %rax
        jz      next
        js      failed
        xor     %ebx, %ebx                                      /* 0, and the child's PID */
        xor     %r12d, %r12d
        jmp     tell

failed: mov     $1, %r12d                                       /* where the call stands, and its error */
tell:   push    %rax
        push    %rbx
        mov     $1, %eax                                        /* write(4, rsp, 16) */
        mov     $4, %edi
        mov     %rsp, %rsi
        mov     $16, %edx
        syscall
        mov     $231, %eax                                      /* exit_group(r12) */
        mov     %r12d, %edi
        syscall

none:   mov     $231, %eax                                      /* exit_group(1): whoever wanted it is gone */
        mov     $1, %edi
        syscall

made:   mov     $11, %eax                                       /* munmap(calls, room) */
        mov     $calls, %edi
        mov     $room, %esi
        syscall

pause:  mov     $14, %eax                                       /* rt_sigprocmask(SIG_BLOCK, &set, NULL, 8) */
        xor     %edi, %edi
        lea     set(%rip), %rsi
        xor     %edx, %edx
        mov     $8, %r10d
        syscall

wait:   mov     $128, %eax                                      /* rt_sigtimedwait(&set, NULL, NULL, 8) */
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
        jne     wait

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
        jmp     wait

        .balign 8
set:    .quad   signals
end:
