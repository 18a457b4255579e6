"""`python -m backstride_ingest`."""

from backstride_ingest.main import main

main()
