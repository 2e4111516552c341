"""Pure rules of the reports: plain values in, plain values out; no database, no clock."""
