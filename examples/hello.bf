hello: greets you

Four cells are in use: a counter and three characters that are changed
from letter to letter (one for capitals; one for small letters; one for
the space and the marks)

++++++++ [- >+++++++++ >+++++++++++++ >++++ <<<]  72 and 104 and 32

>-. >++++++++++. -------------. . +++++++++++++++.
-----------. +++++. -------. ++++++++++++. >.  Greetings
<-------------. ++++++++++++. ---. --. >.  from
<------------. >.                 a
<+++++++++++++++++++. -------------------.
+++++++++++++++. -----------. >.  tape
<++++++++++. ---------. >.        of
<++++++++++++++. -----------. +++++. +++++++++++.
>.                                tiny
<----------------------. ++. +++++++. . +++++++.
>+. -----------------------.      cells
