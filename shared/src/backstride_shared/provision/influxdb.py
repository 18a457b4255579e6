"""`python -m backstride_shared.provision.influxdb`: buckets, tasks and tokens as Backstride needs.

Creates what is missing and mends what differs, so that it may run before every start: the
organization, a bucket of readings and one of minutes with their retention, the tasks that fill the
second from the first, and for each program a token that may do no more than the program needs.
Tokens are written into files, never shown.
"""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

import structlog
import urllib3
from influxdb_client import (
    Authorization,
    Bucket,
    BucketRetentionRules,
    InfluxDBClient,
    Organization,
    Permission,
    PermissionResource,
    TaskCreateRequest,
    TaskUpdateRequest,
)
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from backstride_shared.lifecycle import backoff_s
from backstride_shared.provision.influx_tasks import BucketNameError, InfluxTask, tasks
from backstride_shared.provision.secret_files import read_secret, write_secret
from backstride_shared.provision.settings import InfluxSetupBlock, InfluxSetupSettings
from backstride_shared.settings import read_settings_or_exit
from backstride_shared.telemetry import set_up_logging

log = structlog.get_logger()

TIMEOUT_MS: Final = 20_000
READ, WRITE = "read", "write"
_DAY_S: Final = 86_400
_MOST: Final = 100
_OK: Final = 200


class InfluxSetupError(Exception):
    """The server cannot be set up; the text tells why."""


class Access(NamedTuple):
    """What one program's token may do in which buckets."""

    program: str
    permissions: tuple[tuple[str, str], ...]


def main() -> None:
    """Set the server up, or say in one line why not and end with status 1."""
    settings = read_settings_or_exit(InfluxSetupSettings)
    set_up_logging("influxdb-setup", settings.telemetry)
    try:
        set_up(settings.influxdb)
    except (InfluxSetupError, BucketNameError, ApiException, HTTPError, OSError) as error:
        log.error("InfluxDB not set up", error=str(error))  # noqa: TRY400  the text says it all
        raise SystemExit(1) from None


def set_up(wanted: InfluxSetupBlock) -> None:
    """Bring the server to what is wanted; harmless when it is so already.

    The clients' errors pass when the server goes away meanwhile.

    Raises:
        InfluxSetupError: when the operator's token is not the server's.
        BucketNameError: for a name that cannot stand in a task.

    """
    wanted_tasks = tasks(wanted.bucket, wanted.per_minute_bucket)
    _onboard(wanted)
    token = wanted.operator_token.get_secret_value()
    with InfluxDBClient(wanted.url, token, org=wanted.org, timeout=TIMEOUT_MS) as client:
        org = _organization(client, wanted.org)
        raw = _bucket(client, org, wanted.bucket, wanted.retention_days)
        kept = _bucket(client, org, wanted.per_minute_bucket, wanted.per_minute_retention_days)
        for task in wanted_tasks:
            _task(client, org, task)
        for access in (
            # of the minutes it may delete what is erased, for which InfluxDB wants writing
            Access("recorder", ((READ, raw.id), (WRITE, raw.id), (WRITE, kept.id))),
            Access("gateway", ((READ, raw.id), (READ, kept.id))),
            Access("grafana", ((READ, raw.id), (READ, kept.id))),
        ):
            _token(client, org, access, wanted.tokens_folder)
    log.info("InfluxDB set up", org=wanted.org, buckets=[raw.name, kept.name])


def _onboard(wanted: InfluxSetupBlock) -> None:
    """Give a server that was never set up its operator."""
    address = f"{wanted.url}/api/v2/setup"
    with urllib3.PoolManager(retries=False, timeout=TIMEOUT_MS / 1000) as http:
        if not _answer_of(http, address, wanted.wait_s).json()["allowed"]:
            return
        if wanted.operator_password is None:
            raise InfluxSetupError(
                "the server was never set up: give BACKSTRIDE_INFLUXDB__OPERATOR_PASSWORD too"
            )
        answer = http.request(
            "POST",
            address,
            json={
                "username": "operator",
                "password": wanted.operator_password.get_secret_value(),
                "token": wanted.operator_token.get_secret_value(),
                "org": wanted.org,
                "bucket": wanted.bucket,
                "retentionPeriodSeconds": wanted.retention_days * _DAY_S,
            },
        )
    if answer.status >= 300:  # noqa: PLR2004  anything but success
        raise InfluxSetupError(f"the server refused its operator: {answer.data.decode()}")


def _answer_of(http: urllib3.PoolManager, address: str, wait_s: float) -> urllib3.BaseHTTPResponse:
    """Return the first answer of a server that may just be starting."""
    deadline_s = time.monotonic() + wait_s
    for pause_s in backoff_s(most_s=2.0):
        try:
            answer = http.request("GET", address)
        except HTTPError as error:
            if time.monotonic() > deadline_s:
                raise
            log.info("waiting for InfluxDB", error=str(error))
        else:
            if answer.status == _OK:
                return answer
            if time.monotonic() > deadline_s:
                raise InfluxSetupError(f"{address} answers {answer.status}, not as InfluxDB would")
            log.info("waiting for InfluxDB", status=answer.status)
        time.sleep(pause_s)
    raise AssertionError("the waiting times never end")


def _organization(client: InfluxDBClient, name: str) -> Organization:
    organizations = client.organizations_api()
    try:
        found: dict[str, Organization] = {
            one.name: one for one in organizations.find_organizations(limit=_MOST)
        }
    except ApiException as error:
        if error.status in {401, 403}:
            raise InfluxSetupError("the operator's token is not the one of this server") from error
        raise
    if name in found:
        return found[name]
    log.info("organization made", org=name)
    return organizations.create_organization(name)


def _bucket(client: InfluxDBClient, org: Organization, name: str, days: int) -> Bucket:
    buckets = client.buckets_api()
    rules = [BucketRetentionRules(every_seconds=days * _DAY_S)]
    # by organization, because an operator sees the buckets of all; with `name` none is an error
    found: Bucket | None = next(
        (
            one
            for one in buckets.find_buckets(org_id=org.id, limit=_MOST).buckets
            if one.name == name
        ),
        None,
    )
    if found is None:
        log.info("bucket made", bucket=name, retention_days=days)
        return buckets.create_bucket(bucket_name=name, retention_rules=rules, org=org.id)
    if [rule.every_seconds for rule in found.retention_rules] != [days * _DAY_S]:
        log.info("retention changed", bucket=name, retention_days=days)
        found.retention_rules = rules
        return buckets.update_bucket(found)
    return found


def _task(client: InfluxDBClient, org: Organization, wanted: InfluxTask) -> None:
    api = client.tasks_api()
    found = api.find_tasks(name=wanted.name, org_id=org.id, limit=_MOST)
    if not found:
        log.info("task made", task=wanted.name)
        api.create_task(
            task_create_request=TaskCreateRequest(org_id=org.id, flux=wanted.flux, status="active")
        )
    elif found[0].flux != wanted.flux:
        log.info("task changed", task=wanted.name)
        api.update_task_request(found[0].id, TaskUpdateRequest(flux=wanted.flux))
    for surplus in found[1:]:
        api.delete_task(surplus.id)


def _token(client: InfluxDBClient, org: Organization, access: Access, folder: Path) -> None:
    """Let the program's file hold a token with exactly its permissions."""
    api = client.authorizations_api()
    description = f"backstride {access.program}"
    same_name: list[Authorization] = [
        one for one in api.find_authorizations(org_id=org.id) if one.description == description
    ]
    fitting = [one for one in same_name if _permissions(one.permissions) == set(access.permissions)]
    path = folder / access.program
    kept = next((one for one in fitting if one.token and one.token == read_secret(path)), None)
    if kept is None:
        kept = api.create_authorization(
            authorization=Authorization(
                org_id=org.id,
                description=description,
                permissions=[
                    Permission(action, PermissionResource(type="buckets", id=bucket, org_id=org.id))
                    for action, bucket in access.permissions
                ],
            )
        )
        write_secret(path, kept.token)
        log.info("token made", program=access.program, file=str(path))
    for old in same_name:
        if old.id != kept.id:
            api.delete_authorization(old)


def _permissions(permissions: Iterable[Permission]) -> set[tuple[str, str]]:
    return {(one.action, one.resource.id) for one in permissions}


if __name__ == "__main__":
    main()
