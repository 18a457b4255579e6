"""Reads Prometheus' text format, as far as sums of samples go."""


def sums_by_name(text: str) -> dict[str, float]:
    """Return for each metric the sum over its labels; lines that cannot be read are skipped.

    Format: https://prometheus.io/docs/instrumenting/exposition_formats/
    """
    sums: dict[str, float] = {}
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        name, _, rest = line.partition("{") if "{" in line else line.partition(" ")
        # label values may hold spaces and braces: the value stands behind the last brace
        value = rest.rpartition("}")[2].split()
        try:
            sums[name] = sums.get(name, 0.0) + float(value[0])
        except (IndexError, ValueError):
            continue
    return sums
