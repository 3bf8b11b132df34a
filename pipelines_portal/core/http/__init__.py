"""What both programs do with every request, whichever page it is for."""
