"""Results of the figures, drawn again by the trainer: data that claims read (`oracle.records.figure`)."""
