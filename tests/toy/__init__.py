"""Two small environments on the public engine, as a third party would write them."""
