"""What is asked of a server, one file for each question; every check is a generator of hits and of what it missed."""
