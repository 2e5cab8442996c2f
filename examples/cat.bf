cat: copies its input to its output

Cell 0 says whether to go on and cell 1 takes the byte

The input is over when the byte is 0 or 255: every byte is read into a cell
that holds 0 and so this works whether the end of the input leaves the cell
alone or stores 0 or stores minus one

+[            while there is more
    [-]>,     take back the flag and read a byte
    +[-[      unless it is 255 or 0
        .[-]  print it
        <+>   and raise the flag again
    ]]
    <
]
