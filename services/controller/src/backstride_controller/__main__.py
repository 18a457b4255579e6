"""`python -m backstride_controller`."""

from backstride_controller.main import main

main()
