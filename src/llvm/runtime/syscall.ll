; syscall.ll - the run-time primitives straight on the Linux kernel (x86-64),
; for executables that need no C library: the entry of the process, system
; calls, the two buffers, and the memory functions that the code generator
; may call behind everybody's back.
;
; Goes together with common.ll, and with buffered.ll, whose slow paths are
; here.
;
; What this module deliberately does not know: the tape, the program, what a
; signal or a fault means, which exit status belongs to what, the wording of
; any message (all that is in common.ll), the buffers.

target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

declare hidden void @rt_main() noreturn

; ------------------------------------------------------------------- Entry

; The kernel jumps here, with the arguments at the stack pointer (which nobody
; wants) and no address to return to.
define void @_start() naked noreturn nounwind {
entry:
  call void asm sideeffect "xorl %ebp, %ebp\0A\09andq $$-16, %rsp\0A\09call ${0:P}\0A\09ud2", "i"(ptr @rt_main)
  unreachable
}

; ------------------------------------------------------------ System calls

; They answer a negative error number if they fail.

define hidden i64 @rt_syscall3(i64 %number, i64 %a, i64 %b, i64 %c) nounwind {
entry:
  %result = call i64 asm sideeffect "syscall", "={rax},{rax},{rdi},{rsi},{rdx},~{rcx},~{r11},~{memory},~{dirflag},~{fpsr},~{flags}"(i64 %number, i64 %a, i64 %b, i64 %c)
  ret i64 %result
}

define hidden i64 @rt_syscall6(i64 %number, i64 %a, i64 %b, i64 %c, i64 %d, i64 %e, i64 %f) nounwind {
entry:
  %result = call i64 asm sideeffect "syscall", "={rax},{rax},{rdi},{rsi},{rdx},{r10},{r8},{r9},~{rcx},~{r11},~{memory},~{dirflag},~{fpsr},~{flags}"(i64 %number, i64 %a, i64 %b, i64 %c, i64 %d, i64 %e, i64 %f)
  ret i64 %result
}

define hidden i64 @rt_write(i32 %file, ptr %bytes, i64 %count) nounwind {
entry:
  %a = zext i32 %file to i64
  %b = ptrtoint ptr %bytes to i64
  %result = call i64 @rt_syscall3(i64 1, i64 %a, i64 %b, i64 %count)    ; write
  ret i64 %result
}

define hidden i64 @rt_read(i32 %file, ptr %bytes, i64 %count) nounwind {
entry:
  %a = zext i32 %file to i64
  %b = ptrtoint ptr %bytes to i64
  %result = call i64 @rt_syscall3(i64 0, i64 %a, i64 %b, i64 %count)    ; read
  ret i64 %result
}

; A terminal is what has terminal attributes to tell.
define hidden i1 @rt_is_terminal(i32 %file) nounwind {
entry:
  %attributes = alloca [64 x i8], align 8
  %a = zext i32 %file to i64
  %c = ptrtoint ptr %attributes to i64
  %result = call i64 @rt_syscall3(i64 16, i64 %a, i64 21505, i64 %c)    ; ioctl, TCGETS
  %terminal = icmp eq i64 %result, 0
  ret i1 %terminal
}

; Nanoseconds of the clock that only goes forward.
define hidden i64 @rt_now() nounwind {
entry:
  %time = alloca [2 x i64], align 8
  %b = ptrtoint ptr %time to i64
  %result = call i64 @rt_syscall3(i64 228, i64 1, i64 %b, i64 0)        ; clock_gettime, CLOCK_MONOTONIC
  %seconds = load i64, ptr %time
  %nanoseconds.at = getelementptr i64, ptr %time, i64 1
  %nanoseconds = load i64, ptr %nanoseconds.at
  %whole = mul i64 %seconds, 1000000000
  %now = add i64 %whole, %nanoseconds
  ret i64 %now
}

define hidden ptr @rt_reserve(i64 %bytes) nounwind {
entry:
  ; mmap: anywhere, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
  %result = call i64 @rt_syscall6(i64 9, i64 0, i64 %bytes, i64 0, i64 16418, i64 -1, i64 0)
  %failed = icmp ugt i64 %result, -4096
  %area = inttoptr i64 %result to ptr
  %answer = select i1 %failed, ptr null, ptr %area
  ret ptr %answer
}

define hidden i64 @rt_make_writable(ptr %at, i64 %bytes) nounwind {
entry:
  %a = ptrtoint ptr %at to i64
  %result = call i64 @rt_syscall3(i64 10, i64 %a, i64 %bytes, i64 3)    ; mprotect, PROT_READ | PROT_WRITE
  ret i64 %result
}

; What the kernel (not the C library) calls a sigaction.
%Action = type {
  ptr,          ; 0  handler
  i64,          ; 1  flags
  ptr,          ; 2  restorer
  i64           ; 3  mask: which signals to block meanwhile
}

define hidden ptr @rt_handler_of(i32 %signal) nounwind {
entry:
  %action = alloca %Action, align 8
  store %Action zeroinitializer, ptr %action
  %a = zext i32 %signal to i64
  %c = ptrtoint ptr %action to i64
  %result = call i64 @rt_syscall6(i64 13, i64 %a, i64 0, i64 %c, i64 8, i64 0, i64 0)   ; rt_sigaction
  %handler = load ptr, ptr %action
  ret ptr %handler
}

define hidden void @rt_install(i32 %signal, ptr %handler, i32 %flags) nounwind {
entry:
  %action = alloca %Action, align 8
  store ptr %handler, ptr %action
  %wide = zext i32 %flags to i64
  %all = or i64 %wide, 67108864                                         ; SA_RESTORER
  %flags.at = getelementptr inbounds %Action, ptr %action, i64 0, i32 1
  store i64 %all, ptr %flags.at
  %restorer.at = getelementptr inbounds %Action, ptr %action, i64 0, i32 2
  store ptr @rt_return_from_handler, ptr %restorer.at
  %mask.at = getelementptr inbounds %Action, ptr %action, i64 0, i32 3
  store i64 0, ptr %mask.at
  %a = zext i32 %signal to i64
  %b = ptrtoint ptr %action to i64
  %result = call i64 @rt_syscall6(i64 13, i64 %a, i64 %b, i64 0, i64 8, i64 0, i64 0)   ; rt_sigaction
  ret void
}

; Where a handler returns to, with the stack exactly as the kernel left it.
define hidden void @rt_return_from_handler() naked noreturn nounwind {
entry:
  call void asm sideeffect "movq $$15, %rax\0A\09syscall", ""()          ; rt_sigreturn
  unreachable
}

; What the kernel calls a stack_t.
%Stack = type { ptr, i32, i64 }

define hidden void @rt_use_signal_stack(ptr %at, i64 %bytes) nounwind {
entry:
  %stack = alloca %Stack, align 8
  store ptr %at, ptr %stack
  %flags.at = getelementptr inbounds %Stack, ptr %stack, i64 0, i32 1
  store i32 0, ptr %flags.at
  %bytes.at = getelementptr inbounds %Stack, ptr %stack, i64 0, i32 2
  store i64 %bytes, ptr %bytes.at
  %a = ptrtoint ptr %stack to i64
  %result = call i64 @rt_syscall3(i64 131, i64 %a, i64 0, i64 0)        ; sigaltstack
  ret void
}

define hidden void @rt_raise(i32 %signal) nounwind {
entry:
  %self = call i64 @rt_syscall3(i64 39, i64 0, i64 0, i64 0)            ; getpid
  %b = zext i32 %signal to i64
  %result = call i64 @rt_syscall3(i64 62, i64 %self, i64 %b, i64 0)     ; kill
  ret void
}

define hidden void @rt_exit(i32 %status) noreturn nounwind {
entry:
  %a = zext i32 %status to i64
  %result = call i64 @rt_syscall3(i64 231, i64 %a, i64 0, i64 0)        ; exit_group
  unreachable
}

; -------------------------------------------------------- Memory functions

; The code generator may make calls of these out of loads, stores and loops at
; a time when a function that nobody calls would be gone already: hence
; llvm.compiler.used. String instructions instead of loops, or such a loop
; would be made into a call of the function that it is in.

@llvm.compiler.used = appending global [3 x ptr] [ptr @memset, ptr @memcpy, ptr @memmove], section "llvm.metadata"

define hidden ptr @memset(ptr %to, i32 %value, i64 %count) noinline nounwind "no-builtins" {
entry:
  %byte = trunc i32 %value to i8
  %ends = call { ptr, i64 } asm sideeffect "rep stosb", "={rdi},={rcx},{al},0,1,~{memory},~{dirflag},~{fpsr},~{flags}"(i8 %byte, ptr %to, i64 %count)
  ret ptr %to
}

define hidden ptr @memcpy(ptr %to, ptr %from, i64 %count) noinline nounwind "no-builtins" {
entry:
  %ends = call { ptr, ptr, i64 } asm sideeffect "rep movsb", "={rdi},={rsi},={rcx},0,1,2,~{memory},~{dirflag},~{fpsr},~{flags}"(ptr %to, ptr %from, i64 %count)
  ret ptr %to
}

; From the front, unless the target begins within the source: then from the
; back.
define hidden ptr @memmove(ptr %to, ptr %from, i64 %count) noinline nounwind "no-builtins" {
entry:
  %to.i = ptrtoint ptr %to to i64
  %from.i = ptrtoint ptr %from to i64
  %distance = sub i64 %to.i, %from.i
  %within = icmp ult i64 %distance, %count
  br i1 %within, label %backward, label %forward

forward:
  %ends.f = call { ptr, ptr, i64 } asm sideeffect "rep movsb", "={rdi},={rsi},={rcx},0,1,2,~{memory},~{dirflag},~{fpsr},~{flags}"(ptr %to, ptr %from, i64 %count)
  ret ptr %to

backward:
  %last = sub i64 %count, 1
  %to.last = getelementptr i8, ptr %to, i64 %last
  %from.last = getelementptr i8, ptr %from, i64 %last
  %ends.b = call { ptr, ptr, i64 } asm sideeffect "std\0A\09rep movsb\0A\09cld", "={rdi},={rsi},={rcx},0,1,2,~{memory},~{dirflag},~{fpsr},~{flags}"(ptr %to.last, ptr %from.last, i64 %count)
  ret ptr %to
}
