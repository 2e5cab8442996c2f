; walk.ll - looks for the next cell with a given value, a block of cells at a time,
; and adds to the cells on the way there.
;
; Blocks are aligned, so none reaches into another page than the cells that a
; loop would look at one by one; and before a block is accessed, the first cell of
; it that is looked at is, so that a fault names that cell. Most scans and walks
; end after a few steps, which is why these functions are called only after some.
;
; The types are defined in front of this text:
;   %Cell                     a cell
;   %Block                    32 bytes of cells: COUNT of them, the last being number LAST
;   %Flags, %Mask             a bit for each cell of a block, as vector and as number
; The arguments:
;   %from                     the first cell to look at
;   %stride                   the distance to the next one, without its sign: a power of two
;   %lanes                    a table of cells, the address of its middle: -1 there and at the
;                             multiples of the stride in the direction of the walk, otherwise 0
;   %target                   the value to find
;   %delta                    what is added to each cell looked at before it is found

declare ptr @llvm.ptrmask.p0.i64(ptr, i64)
declare %Mask @llvm.cttz.MASK(%Mask, i1)
declare %Mask @llvm.ctlz.MASK(%Mask, i1)

define ptr @bf_walk_right(ptr %from, i64 %stride, ptr %lanes, %Cell %target, %Cell %delta) nounwind noinline {
entry:
  %first = call ptr @llvm.ptrmask.p0.i64(ptr %from, i64 -32)
  %from.number = ptrtoint ptr %from to i64
  %first.number = ptrtoint ptr %first to i64
  %distance = sub i64 %from.number, %first.number
  %index = udiv exact i64 %distance, ptrtoint (ptr getelementptr (%Cell, ptr null, i64 1) to i64)
  ; The lanes of the first block, in which the table's middle belongs to `from`, and of the others.
  %first.left = sub i64 0, %index
  %first.lanes.at = getelementptr %Cell, ptr %lanes, i64 %first.left
  %first.lanes = load %Block, ptr %first.lanes.at, align 1
  %stride.minus = sub i64 %stride, 1
  %phase = and i64 %index, %stride.minus
  %next.left = sub i64 %stride, %phase
  %next.lanes.at = getelementptr %Cell, ptr %lanes, i64 %next.left
  %next.lanes = load %Block, ptr %next.lanes.at, align 1
  %targets.first = insertelement %Block poison, %Cell %target, i64 0
  %targets = shufflevector %Block %targets.first, %Block poison, <COUNT x i32> zeroinitializer
  %deltas.first = insertelement %Block poison, %Cell %delta, i64 0
  %deltas = shufflevector %Block %deltas.first, %Block poison, <COUNT x i32> zeroinitializer
  %changes = icmp ne %Cell %delta, 0
  br label %block

block:
  %base = phi ptr [ %first, %entry ], [ %base.next, %next ]
  %looked = phi %Block [ %first.lanes, %entry ], [ %next.lanes, %next ]
  %probe = phi i64 [ %index, %entry ], [ %phase, %next ]
  %probe.at = getelementptr %Cell, ptr %base, i64 %probe
  %probed = load volatile %Cell, ptr %probe.at
  %cells = load %Block, ptr %base, align 32
  %equal = icmp eq %Block %cells, %targets
  %equal.lanes = sext %Flags %equal to %Block
  %found.lanes = and %Block %equal.lanes, %looked
  %found.flags = icmp slt %Block %found.lanes, zeroinitializer
  %found = bitcast %Flags %found.flags to %Mask
  %none = icmp eq %Mask %found, 0
  br i1 %none, label %passed, label %there

passed:
  br i1 %changes, label %change, label %next

change:
  %summands = and %Block %deltas, %looked
  %sums = add %Block %cells, %summands
  store %Block %sums, ptr %base, align 32
  br label %next

next:
  %base.next = getelementptr %Block, ptr %base, i64 1
  br label %block

there:
  %number = call %Mask @llvm.cttz.MASK(%Mask %found, i1 true)
  %offset = zext %Mask %number to i64
  %last = getelementptr %Cell, ptr %base, i64 %offset
  br i1 %changes, label %change.last, label %done

change.last:
  %not.before = shl %Mask -1, %number
  %before = xor %Mask %not.before, -1
  %before.flags = bitcast %Mask %before to %Flags
  %before.lanes = sext %Flags %before.flags to %Block
  %looked.before = and %Block %looked, %before.lanes
  %summands.last = and %Block %deltas, %looked.before
  %sums.last = add %Block %cells, %summands.last
  store %Block %sums.last, ptr %base, align 32
  br label %done

done:
  ret ptr %last
}

define ptr @bf_walk_left(ptr %from, i64 %stride, ptr %lanes, %Cell %target, %Cell %delta) nounwind noinline {
entry:
  %first = call ptr @llvm.ptrmask.p0.i64(ptr %from, i64 -32)
  %from.number = ptrtoint ptr %from to i64
  %first.number = ptrtoint ptr %first to i64
  %distance = sub i64 %from.number, %first.number
  %index = udiv exact i64 %distance, ptrtoint (ptr getelementptr (%Cell, ptr null, i64 1) to i64)
  ; The lanes of the first block, in which the table's middle belongs to `from`, and of the others.
  %first.left = sub i64 0, %index
  %first.lanes.at = getelementptr %Cell, ptr %lanes, i64 %first.left
  %first.lanes = load %Block, ptr %first.lanes.at, align 1
  %stride.minus = sub i64 %stride, 1
  %phase = and i64 %index, %stride.minus
  %next.left = sub i64 -COUNT, %phase
  %next.lanes.at = getelementptr %Cell, ptr %lanes, i64 %next.left
  %next.lanes = load %Block, ptr %next.lanes.at, align 1
  %lead = sub i64 COUNT, %stride
  %next.probe = add i64 %lead, %phase
  %targets.first = insertelement %Block poison, %Cell %target, i64 0
  %targets = shufflevector %Block %targets.first, %Block poison, <COUNT x i32> zeroinitializer
  %deltas.first = insertelement %Block poison, %Cell %delta, i64 0
  %deltas = shufflevector %Block %deltas.first, %Block poison, <COUNT x i32> zeroinitializer
  %changes = icmp ne %Cell %delta, 0
  br label %block

block:
  %base = phi ptr [ %first, %entry ], [ %base.next, %next ]
  %looked = phi %Block [ %first.lanes, %entry ], [ %next.lanes, %next ]
  %probe = phi i64 [ %index, %entry ], [ %next.probe, %next ]
  %probe.at = getelementptr %Cell, ptr %base, i64 %probe
  %probed = load volatile %Cell, ptr %probe.at
  %cells = load %Block, ptr %base, align 32
  %equal = icmp eq %Block %cells, %targets
  %equal.lanes = sext %Flags %equal to %Block
  %found.lanes = and %Block %equal.lanes, %looked
  %found.flags = icmp slt %Block %found.lanes, zeroinitializer
  %found = bitcast %Flags %found.flags to %Mask
  %none = icmp eq %Mask %found, 0
  br i1 %none, label %passed, label %there

passed:
  br i1 %changes, label %change, label %next

change:
  %summands = and %Block %deltas, %looked
  %sums = add %Block %cells, %summands
  store %Block %sums, ptr %base, align 32
  br label %next

next:
  %base.next = getelementptr %Block, ptr %base, i64 -1
  br label %block

there:
  %number.left = call %Mask @llvm.ctlz.MASK(%Mask %found, i1 true)
  %number = sub %Mask LAST, %number.left
  %offset = zext %Mask %number to i64
  %last = getelementptr %Cell, ptr %base, i64 %offset
  br i1 %changes, label %change.last, label %done

change.last:
  %before = shl %Mask -2, %number
  %before.flags = bitcast %Mask %before to %Flags
  %before.lanes = sext %Flags %before.flags to %Block
  %looked.before = and %Block %looked, %before.lanes
  %summands.last = and %Block %deltas, %looked.before
  %sums.last = add %Block %cells, %summands.last
  store %Block %sums.last, ptr %base, align 32
  br label %done

done:
  ret ptr %last
}
