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
; any message. All that is in common.ll.

target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

; The fields which buffered.ll knows; there are no others here.
%State = type {
  ptr,          ; 0  out_next
  ptr,          ; 1  out_end
  ptr,          ; 2  in_next
  ptr,          ; 3  in_end
  i32           ; 4  line_buffered
}

@rt_state      = hidden global %State zeroinitializer, align 16
@rt_out_buffer = hidden global [65536 x i8] zeroinitializer, align 64
@rt_in_buffer  = hidden global [65536 x i8] zeroinitializer, align 64

; Where the output that has not been written yet begins. It is kept up to date
; after every write: should the stack overflow amid a delivery, the handler of
; that fault goes on where it stopped.
@rt_out_start  = hidden global ptr null

; Not 0 as soon as the input has come to its end.
@rt_in_ended   = hidden global i32 0

declare hidden void @rt_main() noreturn
declare hidden void @rt_leave() noreturn
declare hidden i32  @rt_flush()
declare hidden void @rt_read_failed(i32)

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

; -------------------------------------------------------- Input and output

; Everything is set up here rather than by initializers, so that the file of
; the executable need not hold any of it.
define hidden ptr @rt_open() nounwind {
entry:
  store ptr @rt_out_buffer, ptr @rt_out_start
  store ptr @rt_out_buffer, ptr @rt_state
  store ptr getelementptr (i8, ptr @rt_out_buffer, i64 65536), ptr getelementptr (%State, ptr @rt_state, i64 0, i32 1)
  store ptr @rt_in_buffer, ptr getelementptr (%State, ptr @rt_state, i64 0, i32 2)
  store ptr @rt_in_buffer, ptr getelementptr (%State, ptr @rt_state, i64 0, i32 3)
  ; A terminal is what has terminal attributes to tell.
  %attributes = alloca [64 x i8], align 8
  %c = ptrtoint ptr %attributes to i64
  %result = call i64 @rt_syscall3(i64 16, i64 1, i64 21505, i64 %c)     ; ioctl, TCGETS
  %terminal = icmp eq i64 %result, 0
  %line_buffered = zext i1 %terminal to i32
  store i32 %line_buffered, ptr getelementptr (%State, ptr @rt_state, i64 0, i32 4)
  ret ptr @rt_state
}

define hidden i32 @rt_deliver() nounwind {
entry:
  %end = load volatile ptr, ptr @rt_state               ; out_next
  br label %head

head:
  %start = load volatile ptr, ptr @rt_out_start
  %start.i = ptrtoint ptr %start to i64
  %end.i = ptrtoint ptr %end to i64
  %left = sub i64 %end.i, %start.i
  %all = icmp eq i64 %left, 0
  br i1 %all, label %done, label %write

write:
  %count = call i64 @rt_write(i32 1, ptr %start, i64 %left)
  %good = icmp sgt i64 %count, 0
  br i1 %good, label %written, label %bad

written:
  %further = getelementptr i8, ptr %start, i64 %count
  store volatile ptr %further, ptr @rt_out_start
  br label %head

bad:
  %again = icmp eq i64 %count, -4                       ; EINTR
  br i1 %again, label %head, label %fail

fail:                                                   ; 0 bytes should never be; call it EIO
  %nothing = icmp eq i64 %count, 0
  %minus = trunc i64 %count to i32
  %number = sub i32 0, %minus
  %error = select i1 %nothing, i32 5, i32 %number
  ret i32 %error

done:
  store volatile ptr @rt_out_buffer, ptr @rt_state
  store volatile ptr @rt_out_buffer, ptr @rt_out_start
  ret i32 0
}

; The slow paths of buffered.ll. There is only one state.

define hidden i32 @bf_flush(ptr %state) cold noinline nounwind {
entry:
  %verdict = call i32 @rt_flush()
  ret i32 %verdict
}

define hidden void @bf_leave(ptr %state) cold noinline noreturn nounwind {
entry:
  call void @rt_leave()
  unreachable
}

define hidden i32 @bf_refill(ptr %state) cold noinline nounwind {
entry:
  %ended = load i32, ptr @rt_in_ended
  %sticky = icmp ne i32 %ended, 0
  br i1 %sticky, label %at_end, label %flush

; The read may block, so what has been put out so far goes first.
flush:
  %verdict = call i32 @rt_flush()
  %over = icmp ne i32 %verdict, 0
  br i1 %over, label %leave, label %read

read:
  %count = call i64 @rt_read(i32 0, ptr @rt_in_buffer, i64 65536)
  %some = icmp sgt i64 %count, 0
  br i1 %some, label %take, label %none

take:
  %in_end = getelementptr i8, ptr @rt_in_buffer, i64 %count
  store ptr getelementptr (i8, ptr @rt_in_buffer, i64 1), ptr getelementptr (%State, ptr @rt_state, i64 0, i32 2)
  store ptr %in_end, ptr getelementptr (%State, ptr @rt_state, i64 0, i32 3)
  %byte = load i8, ptr @rt_in_buffer
  %taken = zext i8 %byte to i32
  ret i32 %taken

none:
  switch i64 %count, label %failed [ i64  0, label %end
                                     i64 -4, label %read ]      ; EINTR

end:
  store i32 1, ptr @rt_in_ended
  br label %at_end

at_end:
  ret i32 -1

failed:
  %minus = trunc i64 %count to i32
  %error = sub i32 0, %minus
  call void @rt_read_failed(i32 %error)
  br label %leave

leave:
  ret i32 -2
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
