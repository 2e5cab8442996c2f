; text.ll - writes a text that is known beforehand.

declare void @bf_put(ptr, i8)

define void @bf_text(ptr %state, ptr %bytes, i64 %count) nounwind {
entry:
  br label %byte

byte:
  %index = phi i64 [ 0, %entry ], [ %next, %byte ]
  %at = getelementptr i8, ptr %bytes, i64 %index
  %value = load i8, ptr %at
  call void @bf_put(ptr %state, i8 %value)
  %next = add i64 %index, 1
  %more = icmp ult i64 %next, %count
  br i1 %more, label %byte, label %done

done:
  ret void
}
