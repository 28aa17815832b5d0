"""What is asked, what is kept, how it is compared, and what is said of it."""
