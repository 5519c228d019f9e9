"""A screen for shops beside a reader: goods are held to it, the platform says what is on record.

    platform  asks the platform for a verdict, and believes nothing of the answer but its known parts
    screen    what the screen shows now, and the page that shows it to a browser of this machine

It needs no station and keeps nothing. For scanners that type, the platform's own page ``/shop`` is enough.
"""
