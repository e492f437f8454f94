"""Code: what a notebook does when it runs, read without running it."""
