"""Run the gateway: `python -m backstride_gateway`."""

from backstride_gateway.main import main

main()
