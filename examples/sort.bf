sort: prints the bytes of the input in ascending order on one line

Line feeds are left out  Insertion sort: the bytes so far are in records of
seven cells from cell 12 on and a new one is brought along them

0  the byte of this record or 0 behind the last
1  the new byte and three cells for testing it
5  the smaller of the two
6  by how much the byte of the record is larger

Cell 0 says whether to go on and cell 1 is for reading

+[[-]>,+[-[                         while there is a byte other than 255 and 0
    <+>                             there may be more
    ----------[++++++++++           unless it is a line feed
        [->>>>>>>>>>>>+<<<<<<<<<<<<]  bring it to the first record
        >>>>>>>>>>>[                as long as there is a byte in the record
            [->>+<                  count that byte down
            [->>>>+<<<->]           and the new one with it: cell 5
            >[->>>>+<<]<<<<]        what is more than the new one: cell 6
            >>>>>[-<<<<<+>>>>>>>>+<<<]  the smaller one stays here
            <<<<[->>>>>>>+<<<<<<<]  and the larger one goes on
            >>>>>[->>+<<]>
        ]
        >[-<+>]<                    put the last one in a new record
        [<<<<<<<]<<<<
    ]
]]<]

>>>>>>>>>>>>[.>>>>>>>]++++++++++.[-]  print them all and end the line
