; put.ll - how a program puts a byte out, through the buffer that its state
; begins with. %Buffers is defined in front of this text; the rules are those
; of `runtime/buffers.rs`.

; Takes a byte for which there is no room, and makes room. The host's: it may
; end the program and not return.
declare void @bf_overflow(ptr, i8) cold nounwind

define void @bf_put(ptr %state, i8 %byte) nounwind {
entry:
  %next = load ptr, ptr %state
  %end.at = getelementptr %Buffers, ptr %state, i64 0, i32 1
  %end = load ptr, ptr %end.at
  %full = icmp eq ptr %next, %end
  br i1 %full, label %overflow, label %room, !prof !0

room:
  store i8 %byte, ptr %next
  %after = getelementptr i8, ptr %next, i64 1
  ; A signal or a fault may end the program at any instruction, and what is
  ; delivered then is what lies before `next` in memory. So it is really
  ; stored for each byte, behind the byte itself and before anything else:
  ; that is what the ordering is for. It is an ordinary store to the processor.
  store atomic ptr %after, ptr %state syncscope("singlethread") release, align 8
  ret void

overflow:
  tail call void @bf_overflow(ptr %state, i8 %byte)
  ret void
}

!0 = !{!"branch_weights", i32 1, i32 65536}
