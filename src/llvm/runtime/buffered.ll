; buffered.ll - how a compiled program puts a byte out and takes a byte in,
; through the two buffers of the state.
;
; Both functions are small, so that they can be inlined wherever the program
; has a `.` or a `,`: the common case is a load, a store and a compare or two.
; What is rare (a full buffer, the end of a line on a terminal, an empty input
; buffer) is left to bf_flush, bf_refill and bf_leave, which whoever links
; this module supplies: the run-time support of an executable, or the native
; functions of a process which runs the program in memory.
;
; What this module deliberately does not know: where the buffers lie and how
; long they are, what bytes are written to or read from, what a signal or an
; error is, and everything in the state behind the five fields below.

target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

; The fields that every state starts with.
%State = type {
  ptr,          ; 0  out_next       where the next byte of output goes
  ptr,          ; 1  out_end        the end of the output buffer; always > out_next here
  ptr,          ; 2  in_next        the next byte of input
  ptr,          ; 3  in_end         the end of the input that is at hand
  i32           ; 4  line_buffered  not 0: flush at the end of every line
}

; Writes all that is buffered and makes out_next the start of the buffer.
; Answers 0, or something else if the program is to leave.
declare i32 @bf_flush(ptr) cold nounwind

; Called with no input at hand: gets more and takes the first byte of it.
; Answers that byte (0..255), -1 at the end of the input (and again at every
; later call: the end is sticky), or -2 if the program is to leave.
declare i32 @bf_refill(ptr) cold nounwind

; Ends the program, for the reason that the state has a note of.
declare void @bf_leave(ptr) cold noreturn nounwind

; `.`
define hidden void @bf_put(ptr %state, i8 %byte) nounwind {
entry:
  %out_next = load ptr, ptr %state, align 8
  store i8 %byte, ptr %out_next, align 1
  %after = getelementptr inbounds i8, ptr %out_next, i64 1
  ; A signal handler may look at the buffer after any instruction. So out_next
  ; is really stored for each byte, also ahead of a loop that never ends, and
  ; not before the byte itself: that is what the ordering is for. It costs no
  ; more than any other store.
  store atomic ptr %after, ptr %state syncscope("singlethread") release, align 8
  %out_end.at = getelementptr inbounds %State, ptr %state, i64 0, i32 1
  %out_end = load ptr, ptr %out_end.at, align 8
  %full = icmp eq ptr %after, %out_end
  br i1 %full, label %flush, label %room, !prof !0

room:
  %newline = icmp eq i8 %byte, 10
  br i1 %newline, label %line, label %done, !prof !1

line:
  %line_buffered.at = getelementptr inbounds %State, ptr %state, i64 0, i32 4
  %line_buffered = load i32, ptr %line_buffered.at, align 8
  %keep = icmp eq i32 %line_buffered, 0
  br i1 %keep, label %done, label %flush

flush:
  %verdict = call i32 @bf_flush(ptr %state) cold
  %flushed = icmp eq i32 %verdict, 0
  br i1 %flushed, label %done, label %leave

done:
  ret void

leave:
  call void @bf_leave(ptr %state) cold
  unreachable
}

; `,`
define hidden i32 @bf_get(ptr %state) nounwind {
entry:
  %in_next.at = getelementptr inbounds %State, ptr %state, i64 0, i32 2
  %in_next = load ptr, ptr %in_next.at, align 8
  %in_end.at = getelementptr inbounds %State, ptr %state, i64 0, i32 3
  %in_end = load ptr, ptr %in_end.at, align 8
  %empty = icmp eq ptr %in_next, %in_end
  br i1 %empty, label %refill, label %take, !prof !0

take:
  %byte = load i8, ptr %in_next, align 1
  %after = getelementptr inbounds i8, ptr %in_next, i64 1
  store ptr %after, ptr %in_next.at, align 8
  %taken = zext i8 %byte to i32
  ret i32 %taken

refill:
  %answer = call i32 @bf_refill(ptr %state) cold
  %over = icmp eq i32 %answer, -2
  br i1 %over, label %leave, label %refilled

refilled:
  ret i32 %answer

leave:
  call void @bf_leave(ptr %state) cold
  unreachable
}

!0 = !{!"branch_weights", i32 1, i32 65536}   ; a buffer is rarely full or empty
!1 = !{!"branch_weights", i32 1, i32 32}      ; a byte is seldom a newline
