prompt: asks for your name and greets you

Cells 1 to 3 hold characters that are changed from letter to letter  The
name goes to the even cells from 6 on; the odd ones and cell 4 are 0

++++++++ [- >+++++++++ >+++++++++++++ >++++ <<<]  72 and 104 and 32

>+++++++++++++++. >. -------. +++++++++++++++++++.
>.                                  What
<-----------. ++++++++++. >.        is
<++++++. ----------. ++++++. ---. >.  your
<----. -------------. ++++++++++++. --------.
>+++++++++++++++++++++++++++++++.
-------------------------------.    name

>>>+[[-],                           for every byte
    +[-[                            unless it is 255 or 0
        ----------[++++++++++>>+<]  or a line feed: go on
    ]]
>]
<<<[<<]                             back to cell 4

<<<---------. >++++. ------. ++. >.  Nice
<+++++++++++++++. -----. >.         to
<--. --------. . +++++++++++++++. >.  meet
<+++++. ----------. ++++++. >++++++++++++.
------------.                       you

>>>[.>>]                            print the name
>++++++[-<++++++++>]<--.            a full stop
[-]++++++++++.[-]                   new line
