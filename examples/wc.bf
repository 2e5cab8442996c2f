wc: counts the lines and words and bytes of the input

Cell 0  whether to go on
Cell 1  the byte and behind it three cells for tests
Cell 5  whether we are in a word
Cell 6  whether the byte is blank; later whether a word begins
Cell 7  whether it ends a line
Cell 8  whether it is not blank

The three counters lie side by side from cell 21 on: a digit takes four
cells and is followed by the same digit of the other counters so that the
next digit of the same counter is twelve cells away  A digit is stored as
ten less than it is which makes it nonzero; when counting makes it 0 there
is a carry  A one in the cell behind a digit requests to count it up

>>>>>>>>>>>>>>>>>>>>>----------  the number of lines is 0
>>>>----------                   of words
>>>>----------                   of bytes
<<<<<<<<<<<<<<<<<<<<<<<<<<<<<

+[[-]>,+[-[                      while there is a byte other than 255 and 0
    --------->+<[>->]>[->>>>+<<]<<<  tab
    ->+<[>->]>[->>>>+>+<<<]<<<   line feed: raise cell 7 too
    ->+<[>->]>[->>>>+<<]<<<      the other controls that are blank
    ->+<[>->]>[->>>>+<<]<<<
    ->+<[>->]>[->>>>+<<]<<<
    ------------------->+<[>->]>[->>>>+<<]<<<  space
    [-]>>>>>>>+                  cell 8: not a blank
    <<[->>-<<<[-]>]              a blank: not that and not in a word
    >>[-<<+<[->-<]+>>>]          else in a word: cell 6 if it is a new one
    <<[->>>>>>>>>>>>>>>>>>>>+<<<<<<<<<<<<<<<<<<<<]  request to count the word
    >[->>>>>>>>>>>>>>>+<<<<<<<<<<<<<<<]  request to count the line

    >>>>>>>>>>>>>>>              count lines
    [<[>->]>[-<---------->>>]    let a missing digit be 0
    <<<+>+<[>->]>                add 1 and see whether it is full
    [-<---------->>>>>>>>>>>>>+<<<<<<<<<<]  then back to 0 and carry
    >>>>>>>>>>]                  next digit
    <<<<<<<<<<<<<[<<<<<<<<<<<<]  return to the left

    >>>>>>>>>>>>>>>>>            count words
    [<[>->]>[-<---------->>>]    let a missing digit be 0
    <<<+>+<[>->]>                add 1 and see whether it is full
    [-<---------->>>>>>>>>>>>>+<<<<<<<<<<]  then back to 0 and carry
    >>>>>>>>>>]                  next digit
    <<<<<<<<<<<<<[<<<<<<<<<<<<]  return to the left

    >>>>>>>>>>>>>>>>>+           count bytes
    [<[>->]>[-<---------->>>]    let a missing digit be 0
    <<<+>+<[>->]>                add 1 and see whether it is full
    [-<---------->>>>>>>>>>>>>+<<<<<<<<<<]  then back to 0 and carry
    >>>>>>>>>>]                  next digit
    <<<<<<<<<<<<<[<<<<<<<<<<<<]  return to the left

    <<<<<<<<<<<<<<<<<+>          there may be more
]]<]

>>>>>>>>>
>>>>>>>>>>>>[>>>>>>>>>>>>]<<<<<<<<<<<<  go to the first digit
[>++++++[-<++++++++++>]<--.<<<<<<<<<<<<]  print from there
>++++[-<++++++++>]<.[-]          space

>>>>
>>>>>>>>>>>>[>>>>>>>>>>>>]<<<<<<<<<<<<  go to the first digit
[>++++++[-<++++++++++>]<--.<<<<<<<<<<<<]  print from there
>++++[-<++++++++>]<.[-]          space

>>>>
>>>>>>>>>>>>[>>>>>>>>>>>>]<<<<<<<<<<<<  go to the first digit
[>++++++[-<++++++++++>]<--.<<<<<<<<<<<<]  print from there
++++++++++.[-]                   new line
