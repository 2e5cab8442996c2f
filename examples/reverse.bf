reverse: prints every line of the input backwards

The bytes of a line are in the even cells from 2 on and the odd cells are 0
While reading we are at the cell for the next byte which holds a one until
it is filled  A byte of 0 or 255 is the end of the input

>>+[                         while there is more
    [-],+[-[                 read; unless it is 255 or 0
        ----------           is it a line feed
        >+<[++++++++++>->]>  no: restore it
        [-<<<[.[-]<<]        yes: print and clear back to cell 0
        ++++++++++.[-]>>>]   and end the line
        <+<                  one in the next cell
    ]]>
]

<<<[[.[-]<<]++++++++++.[-]]  the same for a last line without an end
