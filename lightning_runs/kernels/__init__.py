"""The update loop, several times over: readable, fused for the CPU, persistent on the GPU."""
