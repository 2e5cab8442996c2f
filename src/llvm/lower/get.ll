; get.ll - how a program takes a byte in, through the buffer that its state
; begins with. %Buffers is defined in front of this text; the rules are those
; of `runtime/buffers.rs`.

; Gets more input and answers its first byte, or -1 at the end. The host's: it
; may end the program and not return.
declare i32 @bf_underflow(ptr) cold nounwind

define i32 @bf_get(ptr %state) nounwind {
entry:
  %next.at = getelementptr %Buffers, ptr %state, i64 0, i32 2
  %next = load ptr, ptr %next.at
  %end.at = getelementptr %Buffers, ptr %state, i64 0, i32 3
  %end = load ptr, ptr %end.at
  %empty = icmp eq ptr %next, %end
  br i1 %empty, label %underflow, label %take, !prof !0

take:
  %byte = load i8, ptr %next
  %after = getelementptr i8, ptr %next, i64 1
  store ptr %after, ptr %next.at
  %taken = zext i8 %byte to i32
  ret i32 %taken

underflow:
  %answer = tail call i32 @bf_underflow(ptr %state)
  ret i32 %answer
}

!0 = !{!"branch_weights", i32 1, i32 65536}
