"""High-speed rail, dual beam: a mast steers one beam for the train and one for the track ahead."""
