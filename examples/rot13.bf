rot13: rotates the letters of the input by 13 places

Cell 0  whether to go on
Cell 1  the byte
Cell 2  the result
Cell 3  how much to subtract
Cell 4  what is left of the byte
Cell 5  a flag that is up except for a moment; cells 6 and 7 stay 0

The result starts as the byte itself and is corrected at six thresholds: to
find out which of them the byte reaches we subtract their distances one
after the other but stop at 0; if there is a rest then the threshold was
reached  Both the subtraction and the test end in cell 7 whichever way
they went and return from there to cell 3

+[[-]>,+[-[            while there is a byte other than 255 and 0
        [->+>>+<<<]    copy it to cells 2 and 4
        >>>>+<<        raise the flag in cell 5 and go to cell 3

        >>>>>++++++++[-<<<<<++++++++>>>>>]<<<<<  64
        [->[->->]>[->>]<<+<<]
        >[<<+++++++++++++>>>->]>[->>]<<+<<  from A on: 13 up

        +++++++++++++  13
        [->[->->]>[->>]<<+<<]
        >[<<-------------------------->>>->]>[->>]<<+<<  from N on: 13 down

        +++++++++++++  13
        [->[->->]>[->>]<<+<<]
        >[<<+++++++++++++>>>->]>[->>]<<+<<  from behind Z on: unchanged

        ++++++         6
        [->[->->]>[->>]<<+<<]
        >[<<+++++++++++++>>>->]>[->>]<<+<<  from a on: 13 up

        +++++++++++++  13
        [->[->->]>[->>]<<+<<]
        >[<<-------------------------->>>->]>[->>]<<+<<  from n on: 13 down

        +++++++++++++  13
        [->[->->]>[->>]<<+<<]
        >[<<+++++++++++++>>>->]>[->>]<<+<<  from behind z on: unchanged

        >[-]>-         clear cells 4 and 5
        <<<.[-]        print and clear the result
        <<+>           there may be more
]]<]
