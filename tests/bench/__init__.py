"""What the service costs, measured on this machine within one run: `python -m tests.bench`, or some parts by name."""
