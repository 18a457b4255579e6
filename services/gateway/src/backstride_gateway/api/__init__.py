"""HTTP: routes, their models, errors and what protects them."""
