; copy.ll - how a program puts out a text that is known beforehand, through the
; buffer that its state begins with. %Buffers is defined in front of this text;
; the rules are those of `runtime/buffers.rs`.

; Takes a text for which there is no room. The host's: it may end the program
; and not return.
declare void @bf_spill(ptr, ptr, i64) cold nounwind

declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1 immarg)

define void @bf_text(ptr %state, ptr %bytes, i64 %count) nounwind {
entry:
  %next = load ptr, ptr %state
  %end.at = getelementptr %Buffers, ptr %state, i64 0, i32 1
  %end = load ptr, ptr %end.at
  %next.i = ptrtoint ptr %next to i64
  %end.i = ptrtoint ptr %end to i64
  %room = sub i64 %end.i, %next.i
  %fits = icmp ule i64 %count, %room
  br i1 %fits, label %copy, label %spill, !prof !0

; The bytes first, then what says that they are there; see put.ll.
copy:
  call void @llvm.memcpy.p0.p0.i64(ptr %next, ptr %bytes, i64 %count, i1 false)
  %after = getelementptr i8, ptr %next, i64 %count
  store atomic ptr %after, ptr %state syncscope("singlethread") release, align 8
  ret void

spill:
  tail call void @bf_spill(ptr %state, ptr %bytes, i64 %count)
  ret void
}

!0 = !{!"branch_weights", i32 65536, i32 1}
