; scan.ll - looks for the next cell that is 0, a block of cells at a time.
;
; Blocks are aligned, so none reaches into another page than the cells that the
; scan would look at one by one; and before a block is read, the first cell of
; it that the scan looks at is, so that a fault names that cell. Most scans end
; after a few steps, which is why these functions are called only after some.
;
; The types are defined in front of this text:
;   %Cell                     a cell
;   %Block                    32 bytes of cells
;   %Flags, %Mask             a bit for each cell of a block, as vector and as number
; `%stride` is a power of two, in cells; `%pattern` has a bit for every cell of a
; block whose number is a multiple of it.

declare ptr @llvm.ptrmask.p0.i64(ptr, i64)
declare %Mask @llvm.cttz.MASK(%Mask, i1)
declare %Mask @llvm.ctlz.MASK(%Mask, i1)

define ptr @bf_scan_right(ptr %from, i64 %stride, %Mask %pattern) nounwind noinline {
entry:
  %first = call ptr @llvm.ptrmask.p0.i64(ptr %from, i64 -32)
  %cell.at = ptrtoint ptr %from to i64
  %first.at = ptrtoint ptr %first to i64
  %distance = sub i64 %cell.at, %first.at
  %index = udiv exact i64 %distance, ptrtoint (ptr getelementptr (%Cell, ptr null, i64 1) to i64)
  %stride.minus = sub i64 %stride, 1
  %phase = and i64 %index, %stride.minus
  %phase.mask = trunc i64 %phase to %Mask
  %index.mask = trunc i64 %index to %Mask
  %lanes = shl %Mask %pattern, %phase.mask
  %behind = shl %Mask -1, %index.mask
  %first.lanes = and %Mask %lanes, %behind
  br label %block

block:
  %base = phi ptr [ %first, %entry ], [ %base.next, %block.next ]
  %looked = phi %Mask [ %first.lanes, %entry ], [ %lanes, %block.next ]
  %probe = phi i64 [ %index, %entry ], [ %phase, %block.next ]
  %probe.at = getelementptr %Cell, ptr %base, i64 %probe
  %probed = load volatile %Cell, ptr %probe.at
  %cells = load %Block, ptr %base, align 32
  %zeros = icmp eq %Block %cells, zeroinitializer
  %bits = bitcast %Flags %zeros to %Mask
  %found = and %Mask %bits, %looked
  %none = icmp eq %Mask %found, 0
  br i1 %none, label %block.next, label %there

block.next:
  %base.next = getelementptr %Block, ptr %base, i64 1
  br label %block

there:
  %number = call %Mask @llvm.cttz.MASK(%Mask %found, i1 true)
  %offset = zext %Mask %number to i64
  %last = getelementptr %Cell, ptr %base, i64 %offset
  ret ptr %last
}

define ptr @bf_scan_left(ptr %from, i64 %stride, %Mask %pattern) nounwind noinline {
entry:
  %first = call ptr @llvm.ptrmask.p0.i64(ptr %from, i64 -32)
  %cell.at = ptrtoint ptr %from to i64
  %first.at = ptrtoint ptr %first to i64
  %distance = sub i64 %cell.at, %first.at
  %index = udiv exact i64 %distance, ptrtoint (ptr getelementptr (%Cell, ptr null, i64 1) to i64)
  %stride.minus = sub i64 %stride, 1
  %phase = and i64 %index, %stride.minus
  %phase.mask = trunc i64 %phase to %Mask
  %lanes = shl %Mask %pattern, %phase.mask
  ; How many cells of the block are behind the first one looked at.
  %block.cells = udiv i64 32, ptrtoint (ptr getelementptr (%Cell, ptr null, i64 1) to i64)
  %block.last = sub i64 %block.cells, 1
  %behind = sub i64 %block.last, %index
  %behind.mask = trunc i64 %behind to %Mask
  %before = lshr %Mask -1, %behind.mask
  %first.lanes = and %Mask %lanes, %before
  %block.lead = sub i64 %block.cells, %stride
  %lead = add i64 %block.lead, %phase
  br label %block

block:
  %base = phi ptr [ %first, %entry ], [ %base.next, %block.next ]
  %looked = phi %Mask [ %first.lanes, %entry ], [ %lanes, %block.next ]
  %probe = phi i64 [ %index, %entry ], [ %lead, %block.next ]
  %probe.at = getelementptr %Cell, ptr %base, i64 %probe
  %probed = load volatile %Cell, ptr %probe.at
  %cells = load %Block, ptr %base, align 32
  %zeros = icmp eq %Block %cells, zeroinitializer
  %bits = bitcast %Flags %zeros to %Mask
  %found = and %Mask %bits, %looked
  %none = icmp eq %Mask %found, 0
  br i1 %none, label %block.next, label %there

block.next:
  %base.next = getelementptr %Block, ptr %base, i64 -1
  br label %block

there:
  %above = call %Mask @llvm.ctlz.MASK(%Mask %found, i1 true)
  %above.cells = zext %Mask %above to i64
  %offset = sub i64 %block.last, %above.cells
  %last = getelementptr %Cell, ptr %base, i64 %offset
  ret ptr %last
}
