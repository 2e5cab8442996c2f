; stretch.ll - long code that runs at most once, as data.
;
; Compiling an operation takes thousands of times as long as doing it once.
; Where a program has thousands of operations in a row outside of all loops,
; they become the rows of a table, and this function does them. Two types are
; defined in front of this text: %Cell, a cell, and
;
;   %Row = type <{ i8, i32, i32, %Cell }>   ; kind, first, second, value
;
; What this module deliberately does not know: what the operations come from.
; The numbers of the kinds are those of `table.rs`.

declare void @bf_put(ptr, i8)

define ptr @bf_stretch(ptr %state, ptr %cell, ptr %rows, i64 %count) nounwind noinline {
entry:
  %none = icmp eq i64 %count, 0
  br i1 %none, label %done, label %row

row:
  %index = phi i64 [ 0, %entry ], [ %next, %after ]
  %pointer = phi ptr [ %cell, %entry ], [ %moved, %after ]
  %row.at = getelementptr %Row, ptr %rows, i64 %index
  %kind = load i8, ptr %row.at, align 1
  %first.at = getelementptr %Row, ptr %row.at, i64 0, i32 1
  %first32 = load i32, ptr %first.at, align 1
  %first = sext i32 %first32 to i64
  %second.at = getelementptr %Row, ptr %row.at, i64 0, i32 2
  %second32 = load i32, ptr %second.at, align 1
  %second = sext i32 %second32 to i64
  %value.at = getelementptr %Row, ptr %row.at, i64 0, i32 3
  %value = load %Cell, ptr %value.at, align 1
  %target = getelementptr %Cell, ptr %pointer, i64 %first
  switch i8 %kind, label %move [
    i8 0, label %add
    i8 1, label %set
    i8 2, label %muladd
    i8 4, label %scan
    i8 5, label %output
    i8 6, label %if
  ]

; The cell `first` += value.
add:
  %add.old = load %Cell, ptr %target
  %add.new = add %Cell %add.old, %value
  store %Cell %add.new, ptr %target
  br label %after

; The cell `first` = value.
set:
  store %Cell %value, ptr %target
  br label %after

; The cell `first` += the cell `second` * value.
muladd:
  %source = getelementptr %Cell, ptr %pointer, i64 %second
  %factor = load %Cell, ptr %source
  %product = mul %Cell %factor, %value
  %muladd.old = load %Cell, ptr %target
  %muladd.new = add %Cell %muladd.old, %product
  store %Cell %muladd.new, ptr %target
  br label %after

; 3: the pointer moves by `first`.
move:
  br label %after

; The pointer moves by `second` until the cell `first` is 0.
scan:
  %scan.pointer = phi ptr [ %pointer, %row ], [ %scan.next, %scan.step ]
  %scan.at = getelementptr %Cell, ptr %scan.pointer, i64 %first
  %scan.value = load %Cell, ptr %scan.at
  %found = icmp eq %Cell %scan.value, 0
  br i1 %found, label %after, label %scan.step

scan.step:
  %scan.next = getelementptr %Cell, ptr %scan.pointer, i64 %second
  br label %scan

; The cell `first` is put out.
output:
  %byte = load i8, ptr %target
  call void @bf_put(ptr %state, i8 %byte)
  br label %after

; The next `second` rows are left out if the cell `first` is 0.
if:
  %tested = load %Cell, ptr %target
  %zero = icmp eq %Cell %tested, 0
  %left.out = select i1 %zero, i64 %second, i64 0
  br label %after

after:
  %moved = phi ptr [ %pointer, %add ], [ %pointer, %set ], [ %pointer, %muladd ], [ %target, %move ],
                   [ %scan.pointer, %scan ], [ %pointer, %output ], [ %pointer, %if ]
  %skipped = phi i64 [ 0, %add ], [ 0, %set ], [ 0, %muladd ], [ 0, %move ],
                     [ 0, %scan ], [ 0, %output ], [ %left.out, %if ]
  %plus.skipped = add i64 %index, %skipped
  %next = add i64 %plus.skipped, 1
  %more = icmp ult i64 %next, %count
  br i1 %more, label %row, label %done

done:
  %last = phi ptr [ %cell, %entry ], [ %moved, %after ]
  ret ptr %last
}
