; libc.ll - the run-time primitives on the C library, for executables that are
; linked with it and for an interpreter of LLVM IR that runs the module in its
; own process. Input and output go through putchar and getchar.
;
; Goes together with common.ll; buffered.ll is not for it.
;
; What this module deliberately does not know: the tape, the program, what a
; signal or a fault means, which exit status belongs to what, the wording of
; any message (all that is in common.ll); and no variable of the C library,
; such as stdout: only functions, which every way of linking can reach.

target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

declare hidden void @rt_main() noreturn
declare hidden void @rt_leave() noreturn
declare hidden i32  @rt_flush()
declare hidden i32  @rt_settle(i32)
declare hidden void @rt_read_failed(i32)

; See common.ll.
@rt_busy    = external hidden global i32
@rt_pending = external hidden global i32

; The C library.
declare i32  @putchar(i32) nounwind
declare i32  @getchar() nounwind
declare i32  @fflush(ptr) nounwind
declare i64  @write(i32, ptr, i64) nounwind
declare ptr  @mmap(ptr, i64, i32, i32, i32, i64) nounwind
declare i32  @mprotect(ptr, i64, i32) nounwind
declare i32  @sigaction(i32, ptr, ptr) nounwind
declare i32  @sigaltstack(ptr, ptr) nounwind
declare i32  @raise(i32) nounwind
declare void @_exit(i32) noreturn nounwind
declare ptr  @__errno_location() nounwind

; The state of the program: two notes.
%State = type {
  i32,          ; 0  unflushed  not 0: something was put out since the last flush
  i32           ; 1  ended      not 0: the input has come to its end
}

@rt_state = hidden global %State zeroinitializer, align 8

; ------------------------------------------------------------------- Entry

define i32 @main() nounwind {
entry:
  call void @rt_main()
  unreachable
}

; -------------------------------------------------------- Input and output

; The C library sees for itself whether standard output is a terminal.
define hidden ptr @rt_open() nounwind {
entry:
  ret ptr @rt_state
}

; `.`
define hidden void @bf_put(ptr %state, i8 %byte) nounwind {
entry:
  store volatile i32 1, ptr @rt_busy
  store volatile i32 1, ptr @rt_state                           ; unflushed
  %wide = zext i8 %byte to i32
  %put = call i32 @putchar(i32 %wide)
  %failed = icmp slt i32 %put, 0
  br i1 %failed, label %fail, label %well

well:
  store volatile i32 0, ptr @rt_busy
  %signal = load volatile i32, ptr @rt_pending
  %go_on = icmp eq i32 %signal, 0
  br i1 %go_on, label %done, label %stop

done:
  ret void

; A signal came while the C library was at work and has left the rest to us.
stop:
  %stop.verdict = call i32 @rt_flush()
  call void @rt_leave()
  unreachable

fail:
  %error = call i32 @rt_error()
  %fail.verdict = call i32 @rt_settle(i32 %error)
  call void @rt_leave()
  unreachable
}

; `,`
define hidden i32 @bf_get(ptr %state) nounwind {
entry:
  %ended.at = getelementptr inbounds %State, ptr @rt_state, i64 0, i32 1
  %ended = load i32, ptr %ended.at
  %sticky = icmp ne i32 %ended, 0
  br i1 %sticky, label %at_end, label %check

; getchar may block, so what has been put out so far goes first. Besides, a
; signal that comes amid getchar then finds nothing to flush and has no need
; of the C library.
check:
  %unflushed = load volatile i32, ptr @rt_state
  %flushed = icmp eq i32 %unflushed, 0
  br i1 %flushed, label %read, label %flush

flush:
  %verdict = call i32 @rt_flush()
  %well = icmp eq i32 %verdict, 0
  br i1 %well, label %read, label %leave

; -1 stands both for the end and for an error; only the latter sets errno.
read:
  %errno.at = call ptr @__errno_location()
  store i32 0, ptr %errno.at
  %byte = call i32 @getchar()
  %none = icmp slt i32 %byte, 0
  br i1 %none, label %why, label %taken

taken:
  ret i32 %byte

why:
  %error = load i32, ptr %errno.at
  switch i32 %error, label %failed [ i32 0, label %end
                                     i32 4, label %read ]       ; EINTR

end:
  store i32 1, ptr %ended.at
  br label %at_end

at_end:
  ret i32 -1

failed:
  call void @rt_read_failed(i32 %error)
  br label %leave

leave:
  call void @rt_leave()
  unreachable
}

define hidden i32 @rt_deliver() nounwind {
entry:
  %unflushed = load volatile i32, ptr @rt_state
  %nothing = icmp eq i32 %unflushed, 0
  br i1 %nothing, label %done, label %flush

flush:
  %result = call i32 @fflush(ptr null)
  %failed = icmp ne i32 %result, 0
  br i1 %failed, label %fail, label %flushed

flushed:
  store volatile i32 0, ptr @rt_state
  br label %done

done:
  ret i32 0

fail:
  %error = call i32 @rt_error()
  ret i32 %error
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

define hidden i64 @rt_write(i32 %file, ptr %bytes, i64 %count) nounwind {
entry:
  %result = call i64 @write(i32 %file, ptr %bytes, i64 %count)
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
