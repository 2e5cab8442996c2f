squares: prints the squares from 0 to 10000

Cell 0  rounds to go
Cell 1  the next odd number; cells 2 and 3 for copying it

A square is the previous one plus the next odd number and adding is done by
counting up  The decimal digits are in cell 8 and every fourth cell from
there; each is stored as ten less than it is so that it is never 0 except
when it is full  A one in the cell behind a digit requests to count it up

++++++++++[->++++++++++<]>+         101 rounds
[-<+>]+<                            the first odd number is 1
>>>>>>>>----------<<<<<<<<          the number is 0

[-
    >>>>>>>>[>>>>]<<<<              go to the first digit
    [>++++++[-<++++++++++>]<--.     print it
    >++++++[-<---------->]<++<<<<]  restore it and go on
    ++++++++++.[-]<<<               new line

    [->+>+<<]>>[-<<+>>]<            copy the odd number to cell 2
    [->>>>>>>+                      and count up that often
        [<[>->]>[-<---------->>>]   let a missing digit be 0
        <<<+>+<[>->]>               add 1 and see whether it is full
        [-<---------->>>>>+<<]      then back to 0 and carry
        >>]                         next digit
        <<<<<[<<<<]                 return to the left
    <<]
    <++<                            the next odd number
]
