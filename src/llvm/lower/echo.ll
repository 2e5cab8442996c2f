; echo.ll - passes input on as output, for a loop that does nothing else. %Buffers
; is defined in front of this text, and CELL stands for the type of a cell. The
; rules are those of `runtime/buffers.rs`.

; Does `,` and `.` with the cell for blocks of bytes, as long as there is a
; block of input at hand and room for it, and no byte of the block is `stop`,
; at which the loop ends. All else is left to the loop.
define void @bf_echo(ptr %state, ptr %cell, i8 %stop) nounwind noinline {
entry:
  %in_next.at = getelementptr %Buffers, ptr %state, i64 0, i32 2
  %out_end.at = getelementptr %Buffers, ptr %state, i64 0, i32 1
  %out_end = load i64, ptr %out_end.at
  %in_end.at = getelementptr %Buffers, ptr %state, i64 0, i32 3
  %in_end = load i64, ptr %in_end.at
  %some = insertelement <32 x i8> poison, i8 %stop, i64 0
  %stops = shufflevector <32 x i8> %some, <32 x i8> poison, <32 x i32> zeroinitializer
  br label %head

head:
  %in_next = load ptr, ptr %in_next.at
  %out_next = load ptr, ptr %state
  %in = ptrtoint ptr %in_next to i64
  %out = ptrtoint ptr %out_next to i64
  %at_hand = sub i64 %in_end, %in
  %room = sub i64 %out_end, %out
  %enough = icmp uge i64 %at_hand, 32
  %fits = icmp uge i64 %room, 32
  %both = and i1 %enough, %fits
  br i1 %both, label %look, label %done

look:
  %block = load <32 x i8>, ptr %in_next, align 1
  %equal = icmp eq <32 x i8> %block, %stops
  %mask = bitcast <32 x i1> %equal to i32
  %none = icmp eq i32 %mask, 0
  br i1 %none, label %pass, label %done

; The bytes first, then what says that they are there; see put.ll.
pass:
  store <32 x i8> %block, ptr %out_next, align 1
  %out_after = getelementptr i8, ptr %out_next, i64 32
  store atomic ptr %out_after, ptr %state syncscope("singlethread") release, align 8
  %in_after = getelementptr i8, ptr %in_next, i64 32
  store ptr %in_after, ptr %in_next.at
  %last = extractelement <32 x i8> %block, i64 31
  %wide = zext i8 %last to i128
  %value = trunc i128 %wide to CELL
  store CELL %value, ptr %cell
  br label %head

done:
  ret void
}
