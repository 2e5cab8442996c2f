fibonacci: prints the first 100 Fibonacci numbers

Cell 0 counts the rounds  From cell 10 on there are eight cells for every
decimal digit; the last digit comes first

0  one if there is such a digit
1  the digit of the smaller number
2  the digit of the larger number
3  the sum to which the carry is added from the left
4  a countdown and three cells for testing it

The larger number may be one digit longer than the smaller one and so the
first digit is printed only if it is not 0

++++++++++[->++++++++++<]>[-<+>]<  100 rounds
>>>>>>>>>>+>+>+<<<<<<<<<<<<        one digit in each number: 1 and 1

[-
    >>>>>>>>>>[>>>>>>>>]<<<<<<<<   go to the first digit
    >[->>>+>+<<<<]                 copy it
    >>>>[-<<<<+>>>>]
    <[[-]<<<                       print it if it is not 0
        >>>>++++++[-<<<<++++++++>>>>]<<<<.
        >>>>++++++[-<<<<-------->>>>]<<<<
    >>>]<<<<
    <<<<<<<<[>                     print the others
        >>>>++++++[-<<<<++++++++>>>>]<<<<.
        >>>>++++++[-<<<<-------->>>>]<<<<
    <<<<<<<<<]
    ++++++++++.[-]

    >>>>>>>>[                      for all digits from the last on
        >[->>+<<]                  add the smaller number
        >[-<+>>+<]                 and the larger which becomes the smaller
        >>++++++++++<              cell 4 counts from ten down
        [-<+>>->+<[>->]>           move the sum to the larger number
        [-<<<---------->>>>>>>>>+<<<<]  but ten of it are a carry
        <<<<]>[-]
        >>>>
    ]
    >>>[-<+<<+>>>]<<<              a carry makes a new digit
    <<<<<<<<[<<<<<<<<]<<
]
