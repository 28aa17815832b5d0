"""Figures of the papers, drawn again from runs of the Lightning trainer: a module a figure, and how they are made."""
