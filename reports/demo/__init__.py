"""The demo municipality: invented people whose cases are played by the same services as real ones, over simulated time."""
