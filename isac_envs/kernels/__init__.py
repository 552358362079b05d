"""Physics and numerics as compiled scalar functions of numbers; they know no API."""
