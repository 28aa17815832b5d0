"""The update loop as machine code for the processor at hand, generated through LLVM."""
