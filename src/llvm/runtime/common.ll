; common.ll - the part of an executable's run-time support that is the same
; with and without the C library: the tape and its guards, signals, faults,
; messages, and the course of the program from its start to its exit.
;
; It is written against a few primitives (see "Primitives" below): buffered.ll
; has those of input and output, the others syscall.ll and libc.ll define each in
; their own way.
;
; What this module deliberately does not know: how output is buffered, what
; the state looks like (it only hands it on), how the process was entered, and
; how anything is asked of the kernel. Of the compiler's work it knows the
; constants of the program module, nothing more.
;
; Signals and output
; ------------------
; A handler may interrupt the program anywhere. Three variables settle who
; delivers the output, so that none of it is lost and none is written twice:
;   rt_busy     not 0 while somebody is at work on the buffered output. A
;               handler that finds it so keeps its hands off, and only leaves
;               a note in rt_pending.
;   rt_pending  the signal which asks the program to stop, or 0. Whoever was
;               busy looks at it when the work is done, *after* clearing
;               rt_busy: a signal that comes in between finds rt_busy clear
;               and deals with everything itself.
;   rt_status   the exit status, once something but the end of the program
;               has decided on one.
; They are only ever accessed with volatile loads and stores, which stay in
; the order they are written in.

target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

; ------------------------------------------------------------ The program

; A function of the program: its code, and where in the source the loop that
; it holds begins. Line 0: it holds what is outside of every loop. A negative
; line: nothing is known about it.
%Region = type { ptr, i32, i32 }

@bf_tape_cells   = external hidden constant i64
@bf_guard_bytes  = external hidden constant i64
@bf_cell_bytes   = external hidden constant i64
@bf_source_name  = external hidden constant [0 x i8]
@bf_regions      = external hidden constant [0 x %Region]
@bf_region_count = external hidden constant i64

declare hidden ptr @bf_program(ptr, ptr)

; ------------------------------------------------------------- Primitives

; Those which can fail answer a negative error number, as the kernel does.
declare hidden ptr  @rt_open()                       ; makes input and output ready; the state
declare hidden i32  @rt_deliver()                    ; writes all that is buffered; 0, or an error number (> 0)
declare hidden i64  @rt_write(i32, ptr, i64)         ; write(2)
declare hidden ptr  @rt_reserve(i64)                 ; so many bytes of inaccessible memory, or null
declare hidden i64  @rt_make_writable(ptr, i64)      ; makes a part of them readable and writable
declare hidden ptr  @rt_handler_of(i32)              ; who handles this signal now
declare hidden void @rt_install(i32, ptr, i32)       ; handle this signal so, with these flags
declare hidden void @rt_use_signal_stack(ptr, i64)   ; the stack for handlers with SA_ONSTACK
declare hidden void @rt_raise(i32)                   ; sends this process a signal
declare hidden void @rt_exit(i32) noreturn           ; ends the process and delivers nothing

; -------------------------------------------------------------- Variables

@rt_busy    = hidden global i32 0
@rt_pending = hidden global i32 0
@rt_status  = hidden global i32 0
@rt_tape    = hidden global ptr null            ; cell 0

; Faults are handled on a stack of their own: the fault may be that there is
; no stack left.
@rt_signal_stack = hidden global [32768 x i8] zeroinitializer, align 16

; The line of text being put together. Long enough for everything that is ever
; said, a path of the longest kind the system takes included. What does not
; fit is dropped.
@rt_line        = hidden global [8192 x i8] zeroinitializer
@rt_line_length = hidden global i64 0

; ------------------------------------------------------ From start to exit

; The entry that both variants share. It never returns.
define hidden void @rt_main() noreturn nounwind {
entry:
  %state = call ptr @rt_open()
  %tape = call ptr @rt_make_tape()
  call void @rt_catch_signals()
  %last = call ptr @bf_program(ptr %state, ptr %tape)
  ; If this fails, or a signal came meanwhile, it has set the status.
  %verdict = call i32 @rt_flush()
  call void @rt_leave()
  unreachable
}

; Exits with the status that has been decided on.
define hidden void @rt_leave() cold noreturn nounwind {
entry:
  %status = load volatile i32, ptr @rt_status
  call void @rt_exit(i32 %status)
  unreachable
}

; The tape with a guard on either side; answers the address of cell 0. All of
; it is reserved without access first, then the cells are opened up.
define hidden ptr @rt_make_tape() nounwind {
entry:
  %cells = load i64, ptr @bf_tape_cells
  %cell_bytes = load i64, ptr @bf_cell_bytes
  %guard_bytes = load i64, ptr @bf_guard_bytes
  %product = call { i64, i1 } @llvm.umul.with.overflow.i64(i64 %cells, i64 %cell_bytes)
  %tape_bytes = extractvalue { i64, i1 } %product, 0
  %product.over = extractvalue { i64, i1 } %product, 1
  %one.guard = call { i64, i1 } @llvm.uadd.with.overflow.i64(i64 %tape_bytes, i64 %guard_bytes)
  %one.guard.bytes = extractvalue { i64, i1 } %one.guard, 0
  %one.guard.over = extractvalue { i64, i1 } %one.guard, 1
  %both.guards = call { i64, i1 } @llvm.uadd.with.overflow.i64(i64 %one.guard.bytes, i64 %guard_bytes)
  %all.bytes = extractvalue { i64, i1 } %both.guards, 0
  %both.guards.over = extractvalue { i64, i1 } %both.guards, 1
  %some.over = or i1 %product.over, %one.guard.over
  %over = or i1 %some.over, %both.guards.over
  br i1 %over, label %fail, label %reserve

reserve:
  %area = call ptr @rt_reserve(i64 %all.bytes)
  %none = icmp eq ptr %area, null
  br i1 %none, label %fail, label %open

open:
  %tape = getelementptr i8, ptr %area, i64 %guard_bytes
  %error = call i64 @rt_make_writable(ptr %tape, i64 %tape_bytes)
  %refused = icmp ne i64 %error, 0
  br i1 %refused, label %fail, label %done

done:
  store volatile ptr %tape, ptr @rt_tape
  ret ptr %tape

fail:
  call void @rt_say(ptr @rt_text.cannot_reserve)
  call void @rt_say_unsigned(i64 %cells)
  call void @rt_say(ptr @rt_text.cells)
  call void @rt_send_line()
  call void @rt_exit(i32 1)
  unreachable
}

declare { i64, i1 } @llvm.umul.with.overflow.i64(i64, i64)
declare { i64, i1 } @llvm.uadd.with.overflow.i64(i64, i64)

; ----------------------------------------------------------------- Output

; Delivers the output. Answers 0, or 1 if the program is to leave; then the
; status is set.
define hidden i32 @rt_flush() nounwind {
entry:
  store volatile i32 1, ptr @rt_busy
  %error = call i32 @rt_deliver()
  %verdict = call i32 @rt_settle(i32 %error)
  ret i32 %verdict
}

; Ends a spell of work on the output, which has gone wrong with the given
; error number, or well if it is 0. Answers as rt_flush does.
define hidden i32 @rt_settle(i32 %error) nounwind {
entry:
  %well = icmp eq i32 %error, 0
  br i1 %well, label %delivered, label %failed

delivered:
  store volatile i32 0, ptr @rt_busy
  %signal = load volatile i32, ptr @rt_pending
  %go_on = icmp eq i32 %signal, 0
  br i1 %go_on, label %done, label %stop

done:
  ret i32 0

stop:
  %stop.status = add i32 %signal, 128
  store volatile i32 %stop.status, ptr @rt_status
  ret i32 1

; What could not be written is given up. rt_busy stays set, which keeps a
; handler from trying again.
failed:
  %reader_gone = icmp eq i32 %error, 32         ; EPIPE
  br i1 %reader_gone, label %quiet, label %tell

quiet:                                          ; as SIGPIPE would have ended it
  store volatile i32 141, ptr @rt_status
  ret i32 1

tell:
  store volatile i32 1, ptr @rt_status
  call void @rt_say(ptr @rt_text.cannot_write)
  call void @rt_say_error(i32 %error)
  call void @rt_send_line()
  ret i32 1
}

; Says that input cannot be read, and sets the status.
define hidden void @rt_read_failed(i32 %error) cold nounwind {
entry:
  store volatile i32 1, ptr @rt_status
  call void @rt_say(ptr @rt_text.cannot_read)
  call void @rt_say_error(i32 %error)
  call void @rt_send_line()
  ret void
}

; ---------------------------------------------------------------- Signals

; SIGPIPE is ignored, so that write fails with EPIPE instead. The signals that
; ask the program to stop deliver the output first; one that was ignored at
; the start (nohup) stays ignored. Handlers may interrupt each other and
; themselves (SA_NODEFER), so that a second signal always gets through, and
; calls that they interrupt are resumed (SA_RESTART).
define hidden void @rt_catch_signals() nounwind {
entry:
  call void @rt_install(i32 13, ptr inttoptr (i64 1 to ptr), i32 0)     ; SIGPIPE, SIG_IGN
  call void @rt_catch_stop(i32 1)                                       ; SIGHUP
  call void @rt_catch_stop(i32 2)                                       ; SIGINT
  call void @rt_catch_stop(i32 15)                                      ; SIGTERM
  call void @rt_use_signal_stack(ptr @rt_signal_stack, i64 32768)
  call void @rt_install(i32 11, ptr @rt_on_fault, i32 134217732)        ; SIGSEGV, SA_ONSTACK | SA_SIGINFO
  call void @rt_install(i32 7, ptr @rt_on_fault, i32 134217732)         ; SIGBUS
  ret void
}

define hidden void @rt_catch_stop(i32 %signal) nounwind {
entry:
  %handler = call ptr @rt_handler_of(i32 %signal)
  %ignored = icmp eq ptr %handler, inttoptr (i64 1 to ptr)              ; SIG_IGN
  br i1 %ignored, label %done, label %catch

catch:
  call void @rt_install(i32 %signal, ptr @rt_on_stop, i32 1342177280)   ; SA_RESTART | SA_NODEFER
  br label %done

done:
  ret void
}

; Handles SIGHUP, SIGINT and SIGTERM.
define hidden void @rt_on_stop(i32 %signal) nounwind {
entry:
  %status = add i32 %signal, 128
  %earlier = load volatile i32, ptr @rt_pending
  %first = icmp eq i32 %earlier, 0
  br i1 %first, label %note, label %exit        ; the second in a row: no more patience

note:
  store volatile i32 %signal, ptr @rt_pending
  %busy = load volatile i32, ptr @rt_busy
  %idle = icmp eq i32 %busy, 0
  br i1 %idle, label %deliver, label %later

later:                                          ; whoever is busy will see the note
  ret void

deliver:
  %verdict = call i32 @rt_flush()
  br label %exit

exit:
  call void @rt_exit(i32 %status)
  unreachable
}

; Handles SIGSEGV and SIGBUS. Three kinds: the program has run into a guard of
; the tape; the stack has overflown; anything else is none of our business and
; is left to kill the process.
define hidden void @rt_on_fault(i32 %signal, ptr %info, ptr %context) nounwind {
entry:
  %code.at = getelementptr i8, ptr %info, i64 8                 ; si_code
  %code = load i32, ptr %code.at
  %fault = icmp sgt i32 %code, 0                                ; otherwise a process sent it
  br i1 %fault, label %locate, label %sent

locate:
  %address.at = getelementptr i8, ptr %info, i64 16             ; si_addr
  %address = load i64, ptr %address.at
  %tape = load volatile ptr, ptr @rt_tape
  %origin = ptrtoint ptr %tape to i64
  %offset = sub i64 %address, %origin
  %cells = load i64, ptr @bf_tape_cells
  %cell_bytes = load i64, ptr @bf_cell_bytes
  %tape_bytes = mul i64 %cells, %cell_bytes
  %guard_bytes = load i64, ptr @bf_guard_bytes
  ; In the guard on the left: -guard_bytes <= offset < 0, as one comparison.
  %from.left = add i64 %offset, %guard_bytes
  %left = icmp ult i64 %from.left, %guard_bytes
  br i1 %left, label %tape_fault, label %not_left

not_left:
  %from.right = sub i64 %offset, %tape_bytes
  %right = icmp ult i64 %from.right, %guard_bytes
  br i1 %right, label %tape_fault, label %not_tape

tape_fault:
  %side = phi ptr [ @rt_text.left, %locate ], [ @rt_text.right, %not_left ]
  %verdict = call i32 @rt_flush()
  call void @rt_say(ptr @bf_source_name)
  call void @rt_say(ptr @rt_text.tape_fault)
  %cell = call i64 @rt_cell_index(i64 %offset)
  call void @rt_say_signed(i64 %cell)
  call void @rt_say(ptr %side)
  %last = sub i64 %cells, 1
  call void @rt_say_unsigned(i64 %last)
  call void @rt_say(ptr @rt_text.bracket)
  %pc.at = getelementptr i8, ptr %context, i64 168              ; where it was: rip
  %pc = load i64, ptr %pc.at
  call void @rt_say_region(i64 %pc)
  call void @rt_say(ptr @rt_text.newline)
  call void @rt_send_line()
  call void @rt_exit(i32 3)
  unreachable

; An address within 1 MiB of the stack pointer is one of the stack.
not_tape:
  %sp.at = getelementptr i8, ptr %context, i64 160              ; rsp
  %sp = load i64, ptr %sp.at
  %distance = sub i64 %address, %sp
  %shifted = add i64 %distance, 1048576
  %near = icmp ult i64 %shifted, 2097152
  br i1 %near, label %stack_fault, label %foreign

stack_fault:
  %stack.verdict = call i32 @rt_flush()
  call void @rt_say(ptr @rt_text.out_of_stack)
  call void @rt_send_line()
  call void @rt_exit(i32 1)
  unreachable

; The faulting instruction runs again, and this time it kills the process.
foreign:
  call void @rt_install(i32 %signal, ptr null, i32 0)           ; SIG_DFL
  ret void

; Nothing would run again, so the signal is sent again.
sent:
  call void @rt_install(i32 %signal, ptr null, i32 0)
  call void @rt_raise(i32 %signal)
  ret void
}

; --------------------------------------------------------------- Messages

; The index of the cell so many bytes behind cell 0. It rounds down, also left
; of the tape: the size of a cell is a power of two.
define hidden i64 @rt_cell_index(i64 %offset) nounwind {
entry:
  %cell_bytes = load i64, ptr @bf_cell_bytes
  %shift = call i64 @llvm.cttz.i64(i64 %cell_bytes, i1 true)
  %index = ashr i64 %offset, %shift
  ret i64 %index
}

declare i64 @llvm.cttz.i64(i64, i1 immarg)

; Says in which loop the given instruction is. It is in the function whose
; code begins last among those that do not begin behind it.
define hidden void @rt_say_region(i64 %pc) nounwind {
entry:
  %count = load i64, ptr @bf_region_count
  br label %head

head:
  %index = phi i64 [ 0, %entry ], [ %next, %step ]
  %best = phi ptr [ null, %entry ], [ %best.next, %step ]
  %best.start = phi i64 [ 0, %entry ], [ %best.start.next, %step ]
  %more = icmp ult i64 %index, %count
  br i1 %more, label %look, label %found

look:
  %region = getelementptr %Region, ptr @bf_regions, i64 %index
  %code = load ptr, ptr %region
  %start = ptrtoint ptr %code to i64
  %begun = icmp ule i64 %start, %pc
  %later = icmp uge i64 %start, %best.start
  %better = and i1 %begun, %later
  br label %step

step:
  %best.next = select i1 %better, ptr %region, ptr %best
  %best.start.next = select i1 %better, i64 %start, i64 %best.start
  %next = add i64 %index, 1
  br label %head

found:
  %none = icmp eq ptr %best, null
  br i1 %none, label %done, label %known

known:
  %line.at = getelementptr %Region, ptr %best, i64 0, i32 1
  %line = load i32, ptr %line.at
  %outside = icmp eq i32 %line, 0
  br i1 %outside, label %say.outside, label %in_loop

say.outside:
  call void @rt_say(ptr @rt_text.outside_loops)
  ret void

in_loop:
  %unknown = icmp slt i32 %line, 0
  br i1 %unknown, label %done, label %say.loop

say.loop:
  %column.at = getelementptr %Region, ptr %best, i64 0, i32 2
  %column = load i32, ptr %column.at
  call void @rt_say(ptr @rt_text.in_loop)
  call void @rt_say_place(i32 %line, i32 %column)
  ret void

done:
  ret void
}

; `#`: a line about the current cell and its neighbours, 4 to the left and 8
; to the right as far as there are so many.
define hidden void @bf_dump(ptr %state, ptr %cell, i32 %line, i32 %column) cold nounwind {
entry:
  %tape = load volatile ptr, ptr @rt_tape
  %origin = ptrtoint ptr %tape to i64
  %address = ptrtoint ptr %cell to i64
  %offset = sub i64 %address, %origin
  %current = call i64 @rt_cell_index(i64 %offset)
  call void @rt_say(ptr @rt_text.hash)
  call void @rt_say_place(i32 %line, i32 %column)
  call void @rt_say(ptr @rt_text.cell)
  call void @rt_say_signed(i64 %current)
  %cells = load i64, ptr @bf_tape_cells
  %inside = icmp ult i64 %current, %cells
  br i1 %inside, label %window, label %outside

outside:
  call void @rt_say(ptr @rt_text.outside_tape)
  br label %send

window:
  call void @rt_say(ptr @rt_text.colon)
  %wish.first = sub i64 %current, 4
  %first = call i64 @llvm.smax.i64(i64 %wish.first, i64 0)
  %wish.end = add i64 %current, 9
  %end = call i64 @llvm.smin.i64(i64 %wish.end, i64 %cells)
  br label %value

value:
  %index = phi i64 [ %first, %window ], [ %next, %after ]
  call void @rt_say(ptr @rt_text.space)
  %distance = sub i64 %index, %current
  %number = call i64 @rt_cell_value(ptr %cell, i64 %distance)
  %here = icmp eq i64 %index, %current
  br i1 %here, label %marked, label %plain

marked:
  call void @rt_say(ptr @rt_text.mark)
  call void @rt_say_unsigned(i64 %number)
  call void @rt_say(ptr @rt_text.unmark)
  br label %after

plain:
  call void @rt_say_unsigned(i64 %number)
  br label %after

after:
  %next = add i64 %index, 1
  %more = icmp slt i64 %next, %end
  br i1 %more, label %value, label %send

send:
  call void @rt_say(ptr @rt_text.newline)
  call void @rt_send_line()
  ret void
}

declare i64 @llvm.smax.i64(i64, i64)
declare i64 @llvm.smin.i64(i64, i64)

; The value of the cell so many cells behind the given one.
define hidden i64 @rt_cell_value(ptr %cell, i64 %distance) nounwind {
entry:
  %cell_bytes = load i64, ptr @bf_cell_bytes
  switch i64 %cell_bytes, label %of.i8 [ i64 2, label %of.i16
                                         i64 4, label %of.i32
                                         i64 8, label %of.i64 ]

of.i8:
  %at.i8 = getelementptr i8, ptr %cell, i64 %distance
  %i8 = load i8, ptr %at.i8
  %value.i8 = zext i8 %i8 to i64
  ret i64 %value.i8

of.i16:
  %at.i16 = getelementptr i16, ptr %cell, i64 %distance
  %i16 = load i16, ptr %at.i16
  %value.i16 = zext i16 %i16 to i64
  ret i64 %value.i16

of.i32:
  %at.i32 = getelementptr i32, ptr %cell, i64 %distance
  %i32 = load i32, ptr %at.i32
  %value.i32 = zext i32 %i32 to i64
  ret i64 %value.i32

of.i64:
  %at.i64 = getelementptr i64, ptr %cell, i64 %distance
  %value.i64 = load i64, ptr %at.i64
  ret i64 %value.i64
}

; Says "LINE:COLUMN".
define hidden void @rt_say_place(i32 %line, i32 %column) cold nounwind {
entry:
  %wide.line = zext i32 %line to i64
  %wide.column = zext i32 %column to i64
  call void @rt_say_unsigned(i64 %wide.line)
  call void @rt_say(ptr @rt_text.colon)
  call void @rt_say_unsigned(i64 %wide.column)
  ret void
}

; Says what an error number means, and ends the line.
define hidden void @rt_say_error(i32 %error) cold nounwind {
entry:
  switch i32 %error, label %other [ i32  5, label %say        ; EIO
                                    i32  9, label %ebadf
                                    i32 11, label %eagain
                                    i32 21, label %eisdir
                                    i32 27, label %efbig
                                    i32 28, label %enospc ]

ebadf:
  br label %say

eagain:
  br label %say

eisdir:
  br label %say

efbig:
  br label %say

enospc:
  br label %say

say:
  %text = phi ptr [ @rt_text.eio, %entry ],
                  [ @rt_text.ebadf, %ebadf ],
                  [ @rt_text.eagain, %eagain ],
                  [ @rt_text.eisdir, %eisdir ],
                  [ @rt_text.efbig, %efbig ],
                  [ @rt_text.enospc, %enospc ]
  call void @rt_say(ptr %text)
  br label %end

other:
  call void @rt_say(ptr @rt_text.errno)
  %number = zext i32 %error to i64
  call void @rt_say_unsigned(i64 %number)
  br label %end

end:
  call void @rt_say(ptr @rt_text.newline)
  ret void
}

define hidden void @rt_say_signed(i64 %number) cold nounwind {
entry:
  %negative = icmp slt i64 %number, 0
  br i1 %negative, label %minus, label %say

minus:
  call void @rt_say_byte(i8 45)
  br label %say

say:
  %magnitude = call i64 @llvm.abs.i64(i64 %number, i1 false)
  call void @rt_say_unsigned(i64 %magnitude)
  ret void
}

declare i64 @llvm.abs.i64(i64, i1 immarg)

; All digits but the last, then the last.
define hidden void @rt_say_unsigned(i64 %number) cold nounwind {
entry:
  %rest = udiv i64 %number, 10
  %several = icmp ne i64 %rest, 0
  br i1 %several, label %front, label %last

front:
  call void @rt_say_unsigned(i64 %rest)
  br label %last

last:
  %digit = urem i64 %number, 10
  %low = trunc i64 %digit to i8
  %byte = add i8 %low, 48
  call void @rt_say_byte(i8 %byte)
  ret void
}

; Says a text that ends with a zero byte.
define hidden void @rt_say(ptr %text) cold noinline nounwind {
entry:
  br label %head

head:
  %at = phi ptr [ %text, %entry ], [ %next, %body ]
  %byte = load i8, ptr %at
  %end = icmp eq i8 %byte, 0
  br i1 %end, label %done, label %body

body:
  call void @rt_say_byte(i8 %byte)
  %next = getelementptr i8, ptr %at, i64 1
  br label %head

done:
  ret void
}

define hidden void @rt_say_byte(i8 %byte) cold noinline nounwind {
entry:
  %length = load i64, ptr @rt_line_length
  %room = icmp ult i64 %length, 8192
  br i1 %room, label %add, label %done

add:
  %at = getelementptr [8192 x i8], ptr @rt_line, i64 0, i64 %length
  store i8 %byte, ptr %at
  %longer = add i64 %length, 1
  store i64 %longer, ptr @rt_line_length
  br label %done

done:
  ret void
}

; Sends what has been said to standard error, in a single write unless that
; writes only a part, and begins anew. If it cannot be sent, so be it.
define hidden void @rt_send_line() cold noinline nounwind {
entry:
  %length = load i64, ptr @rt_line_length
  br label %head

head:
  %from = phi i64 [ 0, %entry ], [ %from, %send ], [ %further, %sent ]
  %left = sub i64 %length, %from
  %all = icmp eq i64 %left, 0
  br i1 %all, label %done, label %send

send:
  %at = getelementptr i8, ptr @rt_line, i64 %from
  %count = call i64 @rt_write(i32 2, ptr %at, i64 %left)
  %again = icmp eq i64 %count, -4               ; EINTR
  br i1 %again, label %head, label %check

check:
  %good = icmp sgt i64 %count, 0
  br i1 %good, label %sent, label %done

sent:
  %further = add i64 %from, %count
  br label %head

done:
  store i64 0, ptr @rt_line_length
  ret void
}

@rt_text.cannot_reserve = internal unnamed_addr constant [34 x i8] c"bfllvm: cannot reserve a tape of \00"
@rt_text.cells          = internal unnamed_addr constant [8 x i8] c" cells\0A\00"
@rt_text.cannot_write   = internal unnamed_addr constant [30 x i8] c"bfllvm: cannot write output: \00"
@rt_text.cannot_read    = internal unnamed_addr constant [28 x i8] c"bfllvm: cannot read input: \00"
@rt_text.out_of_stack   = internal unnamed_addr constant [22 x i8] c"bfllvm: out of stack\0A\00"
@rt_text.tape_fault     = internal unnamed_addr constant [20 x i8] c": tape fault: cell \00"
@rt_text.left           = internal unnamed_addr constant [42 x i8] c" is left of the tape (its cells are 0 to \00"
@rt_text.right          = internal unnamed_addr constant [43 x i8] c" is right of the tape (its cells are 0 to \00"
@rt_text.bracket        = internal unnamed_addr constant [2 x i8] c")\00"
@rt_text.in_loop        = internal unnamed_addr constant [18 x i8] c", in the loop at \00"
@rt_text.outside_loops  = internal unnamed_addr constant [21 x i8] c", outside every loop\00"
@rt_text.hash           = internal unnamed_addr constant [3 x i8] c"# \00"
@rt_text.cell           = internal unnamed_addr constant [7 x i8] c" cell \00"
@rt_text.outside_tape   = internal unnamed_addr constant [20 x i8] c" (outside the tape)\00"
@rt_text.colon          = internal unnamed_addr constant [2 x i8] c":\00"
@rt_text.space          = internal unnamed_addr constant [2 x i8] c" \00"
@rt_text.mark           = internal unnamed_addr constant [2 x i8] c"[\00"
@rt_text.unmark         = internal unnamed_addr constant [2 x i8] c"]\00"
@rt_text.newline        = internal unnamed_addr constant [2 x i8] c"\0A\00"
@rt_text.errno          = internal unnamed_addr constant [7 x i8] c"errno \00"
@rt_text.eio            = internal unnamed_addr constant [19 x i8] c"input/output error\00"
@rt_text.ebadf          = internal unnamed_addr constant [20 x i8] c"bad file descriptor\00"
@rt_text.eagain         = internal unnamed_addr constant [33 x i8] c"resource temporarily unavailable\00"
@rt_text.eisdir         = internal unnamed_addr constant [15 x i8] c"is a directory\00"
@rt_text.efbig          = internal unnamed_addr constant [15 x i8] c"file too large\00"
@rt_text.enospc         = internal unnamed_addr constant [24 x i8] c"no space left on device\00"
