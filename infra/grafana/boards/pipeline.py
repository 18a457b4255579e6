"""*Pipeline*: rates, lag, dead letters, outbox depth, write latency, memory.

Fed by Prometheus, which runs with the profile `metrics`.
"""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from infra.grafana import panels
from infra.grafana.panels import BAD, GOOD, PROMETHEUS, promql

_EVERY = "[$__rate_interval]"


def build() -> Dashboard:
    """Return the board."""
    return (
        panels.board("pipeline", "Pipeline", since="now-1h", refresh="10s")
        .with_panel(
            panels.number("Programs ready", "none")
            .span(24)
            .thresholds(panels.steps((None, BAD), (1, GOOD)))
            .mappings([panels.words({"0": ("waiting", BAD), "1": ("ready", GOOD)})])
            .datasource(PROMETHEUS)
            .with_target(promql('backstride_ready{job="backstride"}', "{{service}}"))
        )
        .with_panel(
            panels.lines("Readings a second", "none")
            .datasource(PROMETHEUS)
            .with_target(
                promql(f"sum(rate(backstride_ingest_readings_total{_EVERY}))", "into Kafka")
            )
            .with_target(
                promql(f"sum(rate(backstride_processor_readings_total{_EVERY}))", "folded", "B")
            )
            .with_target(
                promql(f"sum(rate(backstride_recorder_readings_total{_EVERY}))", "stored", "C")
            )
        )
        .with_panel(
            panels.lines("Waiting on the way", "none")
            .datasource(PROMETHEUS)
            .with_target(promql("sum(backstride_ingest_in_flight_messages)", "messages in ingest"))
            .with_target(
                promql("sum(backstride_processor_lag_frames)", "frames before the processor", "B")
            )
            .with_target(
                promql("sum(backstride_recorder_lag_records)", "records before the recorder", "C")
            )
            .with_target(
                promql("sum(backstride_gateway_claims_undelivered)", "claims not yet stored", "D")
            )
        )
        .with_panel(
            panels.lines("Set aside, a minute", "none")
            .description("Look at them with: backstride dead-letters list")
            .datasource(PROMETHEUS)
            .with_target(
                promql(
                    f"60 * sum by (reason) (rate(backstride_ingest_dead_letters_total{_EVERY}))",
                    "ingest: {{reason}}",
                )
            )
            .with_target(
                promql(
                    f"60 * sum(rate(backstride_processor_dead_letters_total{_EVERY}))",
                    "processor",
                    "B",
                )
            )
            .with_target(
                promql(
                    f"60 * sum(rate(backstride_recorder_dead_letters_total{_EVERY}))",
                    "recorder",
                    "C",
                )
            )
        )
        .with_panel(
            panels.lines("Readings in the simulated treadmills' outbox", "none")
            .description("Real treadmills tell their outbox's depth when they connect.")
            .datasource(PROMETHEUS)
            .with_target(promql("sum(backstride_controller_outbox_readings)", "not yet stored"))
        )
        .with_panel(
            panels.lines("Writing, 95 of 100 within", "s")
            .datasource(PROMETHEUS)
            .with_target(
                promql(
                    "histogram_quantile(0.95, sum by (le, store)"
                    f" (rate(backstride_recorder_write_seconds_bucket{_EVERY})))",
                    "{{store}}",
                )
            )
        )
        .with_panel(
            panels.lines("Answers of the API, 95 of 100 within", "s")
            .datasource(PROMETHEUS)
            .with_target(
                promql(
                    "histogram_quantile(0.95, sum by (le, route)"
                    f" (rate(backstride_gateway_request_seconds_bucket{_EVERY})))",
                    "{{route}}",
                )
            )
        )
        .with_panel(
            panels.lines("Tried again", "none")
            .datasource(PROMETHEUS)
            .with_target(
                promql(
                    f"sum by (store) (rate(backstride_recorder_store_waits_total{_EVERY}))",
                    "{{store}} away",
                )
            )
            .with_target(
                promql(
                    f"sum(rate(backstride_ingest_send_failures_total{_EVERY}))", "Kafka away", "B"
                )
            )
        )
        .with_panel(
            panels.lines("Live streams", "none")
            .datasource(PROMETHEUS)
            .with_target(promql("sum(backstride_gateway_live_listeners)", "open"))
            .with_target(
                promql(
                    f"sum(rate(backstride_gateway_live_updates_dropped_total{_EVERY}))",
                    "updates a second dropped for slow ones",
                    "B",
                )
            )
        )
        .with_panel(
            panels.lines("Memory", "bytes")
            .datasource(PROMETHEUS)
            .with_target(promql('process_resident_memory_bytes{job="backstride"}', "{{service}}"))
        )
        .with_panel(
            panels.lines("Processor time, cores", "none")
            .datasource(PROMETHEUS)
            .with_target(
                promql(
                    f'rate(process_cpu_seconds_total{{job="backstride"}}{_EVERY})', "{{service}}"
                )
            )
        )
    )
