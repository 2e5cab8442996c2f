; buffered.ll - the two buffers of an executable, and what the program calls
; when one of them is full or empty; what it does without calling anybody is in
; put.ll, copy.ll and get.ll, which know the same first fields.
;
; Goes together with common.ll, and with syscall.ll or libc.ll for the system
; calls.
;
; What this module deliberately does not know: the tape, the program, what a
; signal or an error means, how the kernel is asked.

target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

%Buffers = type {
  ptr,          ; 0  out_next  where the next byte of output goes
  ptr,          ; 1  out_end   behind the last that goes there without bf_overflow
  ptr,          ; 2  in_next   the next byte of input
  ptr           ; 3  in_end    behind the input that is at hand
}

; The state of the program.
@rt_state      = hidden global %Buffers zeroinitializer, align 64
@rt_out_buffer = hidden global [65536 x i8] zeroinitializer, align 64
@rt_in_buffer  = hidden global [65536 x i8] zeroinitializer, align 64

; How many bytes of output are delivered at a time, which follows the program:
; few of one that is slow, so that they are seen soon, and many of one that is
; fast. And since when the buffer has been filling, in nanoseconds.
@rt_out_batch  = hidden global i64 0
@rt_out_began  = hidden global i64 0

; Where the output that has not been written yet begins. It is kept up to date
; after every write: should the stack overflow amid a delivery, the handler of
; that fault goes on where it stopped.
@rt_out_start  = hidden global ptr null

; Not 0: standard output is a terminal, and lines are delivered as they end.
; The buffer has no room then as far as the program is concerned: out_end is
; out_next, always, and every byte comes through bf_overflow.
@rt_terminal   = hidden global i1 false

; Not 0 as soon as the input has come to its end.
@rt_in_ended   = hidden global i1 false

declare hidden i64  @rt_write(i32, ptr, i64)
declare hidden i64  @rt_read(i32, ptr, i64)
declare hidden i1   @rt_is_terminal(i32)
declare hidden i64  @rt_now()
declare i64 @llvm.umin.i64(i64, i64)
declare i64 @llvm.umax.i64(i64, i64)
declare hidden void @rt_leave() noreturn
declare hidden i32  @rt_flush()
declare hidden void @rt_read_failed(i32)

; Everything is set up here rather than by initializers, so that the file of
; the executable need not hold any of it.
define hidden ptr @rt_open() nounwind {
entry:
  %terminal = call i1 @rt_is_terminal(i32 1)
  store i1 %terminal, ptr @rt_terminal
  store i64 64, ptr @rt_out_batch
  store ptr @rt_in_buffer, ptr getelementptr (%Buffers, ptr @rt_state, i64 0, i32 2)
  store ptr @rt_in_buffer, ptr getelementptr (%Buffers, ptr @rt_state, i64 0, i32 3)
  call void @rt_empty_output()
  ret ptr @rt_state
}

; Opens the output buffer from its start.
define hidden void @rt_empty_output() nounwind {
entry:
  store volatile ptr @rt_out_buffer, ptr @rt_state
  store volatile ptr @rt_out_buffer, ptr @rt_out_start
  %terminal = load i1, ptr @rt_terminal
  %batch = load i64, ptr @rt_out_batch
  %bytes = select i1 %terminal, i64 0, i64 %batch
  %end = getelementptr i8, ptr @rt_out_buffer, i64 %bytes
  store volatile ptr %end, ptr getelementptr (%Buffers, ptr @rt_state, i64 0, i32 1)
  ret void
}

; Writes what is buffered; 0, or an error number.
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
  call void @rt_empty_output()
  ret i32 0
}

; The output buffer is full: says how much it holds the next time. A delivery
; costs microseconds, so one every few milliseconds costs nothing, and fewer
; would only let whoever waits for the output wait longer.
define hidden void @rt_keep_pace() nounwind {
entry:
  %now = call i64 @rt_now()
  %began = load i64, ptr @rt_out_began
  store i64 %now, ptr @rt_out_began
  %took = sub i64 %now, %began
  %batch = load i64, ptr @rt_out_batch
  %double = shl i64 %batch, 1
  %more = call i64 @llvm.umin.i64(i64 %double, i64 65536)
  %half = lshr i64 %batch, 1
  %less = call i64 @llvm.umax.i64(i64 %half, i64 64)
  %fast = icmp ult i64 %took, 10000000
  %slow = icmp ugt i64 %took, 50000000
  %not_fast = select i1 %slow, i64 %less, i64 %batch
  %further = select i1 %fast, i64 %more, i64 %not_fast
  store i64 %further, ptr @rt_out_batch
  ret void
}

; Takes a byte of output for which there is no room, as far as the program is
; concerned.
define hidden void @bf_overflow(ptr %state, i8 %byte) cold noinline nounwind {
entry:
  %next = load volatile ptr, ptr @rt_state
  %batch = load i64, ptr @rt_out_batch
  %end = getelementptr i8, ptr @rt_out_buffer, i64 %batch
  %full = icmp eq ptr %next, %end
  br i1 %full, label %flush, label %put

flush:
  call void @rt_keep_pace()
  %verdict = call i32 @rt_flush()
  %over = icmp ne i32 %verdict, 0
  br i1 %over, label %leave, label %put

; A handler may come at any instruction: the byte first, then out_next.
put:
  %at = load volatile ptr, ptr @rt_state
  store volatile i8 %byte, ptr %at
  %after = getelementptr i8, ptr %at, i64 1
  store volatile ptr %after, ptr @rt_state
  %terminal = load i1, ptr @rt_terminal
  br i1 %terminal, label %line, label %done

line:
  store volatile ptr %after, ptr getelementptr (%Buffers, ptr @rt_state, i64 0, i32 1)
  %newline = icmp eq i8 %byte, 10
  br i1 %newline, label %end_line, label %done

end_line:
  %line.verdict = call i32 @rt_flush()
  %line.over = icmp ne i32 %line.verdict, 0
  br i1 %line.over, label %leave, label %done

done:
  ret void

leave:
  call void @rt_leave()
  unreachable
}

; Takes many bytes of output for which there is not enough room.
define hidden void @bf_spill(ptr %state, ptr %bytes, i64 %count) cold noinline nounwind {
entry:
  br label %head

head:
  %index = phi i64 [ 0, %entry ], [ %further, %after ]
  %more = icmp ult i64 %index, %count
  br i1 %more, label %byte, label %done

byte:
  %at = getelementptr i8, ptr %bytes, i64 %index
  %value = load i8, ptr %at
  %byte.next = load volatile ptr, ptr @rt_state
  %byte.end = load volatile ptr, ptr getelementptr (%Buffers, ptr @rt_state, i64 0, i32 1)
  %full = icmp eq ptr %byte.next, %byte.end
  br i1 %full, label %overflow, label %put

put:
  store volatile i8 %value, ptr %byte.next
  %byte.after = getelementptr i8, ptr %byte.next, i64 1
  store volatile ptr %byte.after, ptr @rt_state
  br label %after

overflow:
  call void @bf_overflow(ptr %state, i8 %value)
  br label %after

after:
  %further = add i64 %index, 1
  br label %head

done:
  ret void
}

; Gets more input and answers its first byte, or -1 at the end. The end is
; sticky.
define hidden i32 @bf_underflow(ptr %state) cold noinline nounwind {
entry:
  %ended = load i1, ptr @rt_in_ended
  br i1 %ended, label %at_end, label %flush

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
  store ptr getelementptr (i8, ptr @rt_in_buffer, i64 1), ptr getelementptr (%Buffers, ptr @rt_state, i64 0, i32 2)
  store ptr %in_end, ptr getelementptr (%Buffers, ptr @rt_state, i64 0, i32 3)
  %byte = load i8, ptr @rt_in_buffer
  %taken = zext i8 %byte to i32
  ret i32 %taken

none:
  switch i64 %count, label %failed [ i64  0, label %end
                                     i64 -4, label %read ]      ; EINTR

end:
  store i1 true, ptr @rt_in_ended
  br label %at_end

at_end:
  ret i32 -1

failed:
  %minus = trunc i64 %count to i32
  %error = sub i32 0, %minus
  call void @rt_read_failed(i32 %error)
  br label %leave

leave:
  call void @rt_leave()
  unreachable
}
