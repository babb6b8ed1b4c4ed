"""The heart: criteria as data, and what they say of a patient. Imports nothing else of ours."""
