"""backstride run: the same programs with embedded servers on one machine."""
