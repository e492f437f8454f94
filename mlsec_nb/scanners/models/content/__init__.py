"""What the bytes of tensors, gaps and tails are when they are no numbers: programs, scripts, archives, addresses.

`programs` and `texts` look at every byte of what is searched; `samples` and `hidden` look at a bounded part, for what
is dear to tell. numpy only makes the search faster: with and without it every verdict is the same.
"""
