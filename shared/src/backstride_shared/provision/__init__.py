"""Programs that set servers up as Backstride needs them; each may be run again at any time."""
