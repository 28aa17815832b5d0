"""Sweeps: many goldens, computed through one executor interface and stored by one coordinator."""
