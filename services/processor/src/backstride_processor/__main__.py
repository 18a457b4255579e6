"""`python -m backstride_processor`."""

from backstride_processor.main import main

main()
