; libc.ll - the run-time primitives on the C library, for executables that are
; linked with it and for an interpreter of LLVM IR that runs the module in its
; own process.
;
; Goes together with common.ll and buffered.ll. The C library's own buffers are
; not used: whether getchar is about to block, before which the output has to
; be delivered, cannot be asked of it.
;
; What this module deliberately does not know: the tape, the program, what a
; signal or a fault means, which exit status belongs to what, the wording of
; any message (all that is in common.ll), the buffers; and no variable of the C
; library, such as stdout: only functions, which every way of linking can reach.

target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

declare hidden void @rt_main() noreturn

; The C library.
declare i32  @clock_gettime(i32, ptr) nounwind
declare i32  @isatty(i32) nounwind
declare i64  @read(i32, ptr, i64) nounwind
declare i64  @write(i32, ptr, i64) nounwind
declare ptr  @mmap(ptr, i64, i32, i32, i32, i64) nounwind
declare i32  @mprotect(ptr, i64, i32) nounwind
declare i32  @sigaction(i32, ptr, ptr) nounwind
declare i32  @sigaltstack(ptr, ptr) nounwind
declare i32  @raise(i32) nounwind
declare void @_exit(i32) noreturn nounwind
declare ptr  @__errno_location() nounwind

; ------------------------------------------------------------------- Entry

define i32 @main() nounwind {
entry:
  call void @rt_main()
  unreachable
}

; ------------------------------------------------------------ System calls

; The number of the error that has just happened; never 0.
define hidden i32 @rt_error() nounwind {
entry:
  %errno.at = call ptr @__errno_location()
  %errno = load i32, ptr %errno.at
  %unset = icmp eq i32 %errno, 0
  %error = select i1 %unset, i32 5, i32 %errno          ; EIO
  ret i32 %error
}

; What a system call answered, or the negative number of its error.
define hidden i64 @rt_answer(i64 %result) nounwind {
entry:
  %failed = icmp slt i64 %result, 0
  br i1 %failed, label %fail, label %done

done:
  ret i64 %result

fail:
  %error = call i32 @rt_error()
  %wide = zext i32 %error to i64
  %minus = sub i64 0, %wide
  ret i64 %minus
}

define hidden i64 @rt_write(i32 %file, ptr %bytes, i64 %count) nounwind {
entry:
  %result = call i64 @write(i32 %file, ptr %bytes, i64 %count)
  %answer = call i64 @rt_answer(i64 %result)
  ret i64 %answer
}

define hidden i64 @rt_read(i32 %file, ptr %bytes, i64 %count) nounwind {
entry:
  %result = call i64 @read(i32 %file, ptr %bytes, i64 %count)
  %answer = call i64 @rt_answer(i64 %result)
  ret i64 %answer
}

define hidden i1 @rt_is_terminal(i32 %file) nounwind {
entry:
  %answer = call i32 @isatty(i32 %file)
  %terminal = icmp eq i32 %answer, 1
  ret i1 %terminal
}

; Nanoseconds of the clock that only goes forward.
define hidden i64 @rt_now() nounwind {
entry:
  %time = alloca [2 x i64], align 8
  %result = call i32 @clock_gettime(i32 1, ptr %time)                   ; CLOCK_MONOTONIC
  %seconds = load i64, ptr %time
  %nanoseconds.at = getelementptr i64, ptr %time, i64 1
  %nanoseconds = load i64, ptr %nanoseconds.at
  %whole = mul i64 %seconds, 1000000000
  %now = add i64 %whole, %nanoseconds
  ret i64 %now
}

define hidden ptr @rt_reserve(i64 %bytes) nounwind {
entry:
  ; PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
  %area = call ptr @mmap(ptr null, i64 %bytes, i32 0, i32 16418, i32 -1, i64 0)
  %failed = icmp eq ptr %area, inttoptr (i64 -1 to ptr)
  %answer = select i1 %failed, ptr null, ptr %area
  ret ptr %answer
}

define hidden i64 @rt_make_writable(ptr %at, i64 %bytes) nounwind {
entry:
  %result = call i32 @mprotect(ptr %at, i64 %bytes, i32 3)      ; PROT_READ | PROT_WRITE
  %wide = sext i32 %result to i64
  ret i64 %wide
}

; What the C library (not the kernel) calls a sigaction.
%Action = type {
  ptr,          ; 0  handler
  [16 x i64],   ; 1  mask: which signals to block meanwhile
  i32,          ; 2  flags
  ptr           ; 3  restorer: the C library's own business
}

define hidden ptr @rt_handler_of(i32 %signal) nounwind {
entry:
  %action = alloca %Action, align 8
  store ptr null, ptr %action
  %result = call i32 @sigaction(i32 %signal, ptr null, ptr %action)
  %handler = load ptr, ptr %action
  ret ptr %handler
}

define hidden void @rt_install(i32 %signal, ptr %handler, i32 %flags) nounwind {
entry:
  %action = alloca %Action, align 8
  store %Action zeroinitializer, ptr %action
  store ptr %handler, ptr %action
  %flags.at = getelementptr inbounds %Action, ptr %action, i64 0, i32 2
  store i32 %flags, ptr %flags.at
  %result = call i32 @sigaction(i32 %signal, ptr %action, ptr null)
  ret void
}

; What the C library calls a stack_t.
%Stack = type { ptr, i32, i64 }

define hidden void @rt_use_signal_stack(ptr %at, i64 %bytes) nounwind {
entry:
  %stack = alloca %Stack, align 8
  store ptr %at, ptr %stack
  %flags.at = getelementptr inbounds %Stack, ptr %stack, i64 0, i32 1
  store i32 0, ptr %flags.at
  %bytes.at = getelementptr inbounds %Stack, ptr %stack, i64 0, i32 2
  store i64 %bytes, ptr %bytes.at
  %result = call i32 @sigaltstack(ptr %stack, ptr null)
  ret void
}

define hidden void @rt_raise(i32 %signal) nounwind {
entry:
  %result = call i32 @raise(i32 %signal)
  ret void
}

define hidden void @rt_exit(i32 %status) noreturn nounwind {
entry:
  call void @_exit(i32 %status)
  unreachable
}
