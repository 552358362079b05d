"""Several vehicles that contend for one channel with radar and packets of several classes."""
