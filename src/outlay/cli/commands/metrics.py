"""`outlay metrics list|show|add|values|load|push|sync|history`."""

from __future__ import annotations

import csv
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outlay.cli.command import BILLS, FAILED, OK, Cli, command
from outlay.cli.commands.asking import From, Range, To
from outlay.cli.output import NOTHING, Col, count, moment, plural
from outlay.cli.values import moment_of

if TYPE_CHECKING:
    from outlay.app.metric_status import MetricStatus
    from outlay.app.metrics import Answer

_Name = Annotated[str, typer.Argument(help="The metric's name.")]
_FORMATS = ("table", "json", "csv")


def register(app: typer.Typer) -> None:
    """Add the group `metrics`."""
    group = typer.Typer(
        no_args_is_help=True, help="Series that costs are divided by: orders, requests, revenue…"
    )
    app.add_typer(group, name="metrics", rich_help_panel=BILLS)
    _register_list(group)
    _register_add(group)
    _register_values(group)
    _register_deliver(group)
    _register_sync(group)
    _register_history(group)


def _register_list(group: typer.Typer) -> None:
    @command(group, "list", examples=["outlay metrics list", "outlay metrics list --json"])
    def list_metrics(cli: Cli) -> None:
        """List the metrics: how fresh each is, which days it knows, and what failed."""
        from outlay.app.metric_status import metric_json

        found = cli.workspace.metrics.statuses()
        if cli.out.json:
            cli.out.data([metric_json(status) for status in found])
            return
        if not found:
            cli.out.say(
                "No metric yet: outlay metrics add NAME --unit order defines one whose values are "
                "pushed; a file of kind Metric with `outlay apply` one that is fetched."
            )
            return
        columns = [
            *(Col("Metric"), Col("Unit"), Col("Labels", optional=True), Col("From")),
            *(Col("State"), Col("First"), Col("Last"), Col("Missing", True)),
            *(Col("Restated", True, True), Col("Delivered (UTC)", optional=True)),
        ]
        cli.out.table(columns, [_line(status) for status in found])
        for status in found:
            if status.error:
                cli.out.say(f"{status.name}: {status.error}")

    @command(group, "show", examples=["outlay metrics show orders"])
    def show(cli: Cli, name: _Name) -> None:
        """Show one metric: its definition, what is known of it, and its last sync."""
        from outlay.app.metric_status import metric_json

        status = cli.workspace.metrics.show(name)
        if cli.out.json:
            cli.out.data(metric_json(status))
            return
        spec, cover = status.spec, status.coverage
        labels = ", ".join(
            f"{label} ({plural(cover.label_values.get(label, 0), 'value')})"
            for label in spec.labels
        )
        gaps = ", ".join(
            str(first) if first == last else f"{first} to {last}" for first, last in cover.gaps[:10]
        )
        facts = {
            "Metric": status.title,
            "Unit": spec.noun,
            "Labels": labels or NOTHING,
            "Values": f"by {spec.grain}, {spec.aggregation} over a period, from {spec.source.kind}",
            "A missing day": f"is {spec.missing}",
            "Known": f"{cover.first} to {cover.last}, {plural(cover.known, 'day')}"
            if cover.first
            else "nothing yet",
            "Missing": gaps or NOTHING,
            "State": f"{status.state}: {status.reason}",
            "Deliveries": f"{count(status.deliveries)}, {count(status.restatements)} of them "
            "restated something",
            "Next sync (UTC)": moment(status.next_sync_at),
        }
        cli.out.table([Col(""), Col("")], list(facts.items()))
        if status.error:
            cli.out.say(status.error)


def _line(status: MetricStatus) -> tuple[str, ...]:
    cover = status.coverage
    return (
        status.name,
        status.spec.noun,
        ", ".join(status.spec.labels) or NOTHING,
        status.spec.source.kind,
        status.state,
        str(cover.first or NOTHING),
        str(cover.last or NOTHING),
        count(status.missing_days),
        count(status.restatements),
        moment(status.last_delivery.known_at if status.last_delivery else None),
    )


def _register_add(group: typer.Typer) -> None:
    @command(
        group,
        "add",
        examples=[
            "outlay metrics add orders --unit order --label channel",
            "outlay metrics add revenue --currency EUR --label customer --title Revenue",
        ],
    )
    def add(
        cli: Cli,
        name: Annotated[str, typer.Argument(help="Lower-case letters, digits and hyphens.")],
        unit: Annotated[str, typer.Option(help="One of what is counted: order, request.")] = "",
        label: Annotated[
            list[str] | None, typer.Option(metavar="L", help="A label; may be repeated.")
        ] = None,
        currency: Annotated[
            str | None, typer.Option(metavar="C", help="The values are money of this currency.")
        ] = None,
        grain: Annotated[str, typer.Option(help="day or hour.")] = "day",
        aggregation: Annotated[
            str, typer.Option(help="Over a period: sum, average, last or max.")
        ] = "sum",
        missing: Annotated[
            str, typer.Option(help="A day without values is unknown, or zero.")
        ] = "unknown",
        title: Annotated[str, typer.Option(help="For people; default the name.")] = "",
    ) -> None:
        """Define a metric whose values are pushed. One that is fetched is a file of kind Metric
        for `outlay apply`."""
        from outlay.app import shapes

        spec: dict[str, Any] = {
            "title": title, "unit": unit, "labels": label or [], "grain": grain,
            "aggregation": aggregation, "missing": missing,
        }  # fmt: skip
        if currency:
            spec["currency"] = currency
        made = cli.workspace.metrics.define(name, spec, author=cli.author)
        if cli.out.json:
            cli.out.data(shapes.resource_json(made))
        cli.out.say(f"The metric {name} is defined. Next: outlay metrics load {name} FILE.csv")


def _register_values(group: typer.Typer) -> None:
    @command(
        group,
        "values",
        examples=[
            "outlay metrics values orders --grain month",
            "outlay metrics values orders --by channel --range last-30-days --format csv",
        ],
    )
    def values(
        cli: Cli,
        name: _Name,
        by: Annotated[str | None, typer.Option(metavar="L1,L2", help="Labels.")] = None,
        grain: Annotated[
            str, typer.Option(help="day, week, month, quarter, year or all (one number).")
        ] = "day",
        from_: From = None,
        to: To = None,
        range_: Range = None,
        as_of: Annotated[
            str | None, typer.Option(metavar="T", help="What was known then: a day or UTC time.")
        ] = None,
        format: Annotated[str | None, typer.Option(help="table (default), json or csv.")] = None,
    ) -> None:
        """The values of a metric. A period of which a day is not known says so: unknown is never
        zero."""
        from outlay.app.metric_status import values_json
        from outlay.app.metrics import Asked, days_text

        wanted = "json" if cli.out.json else (format or "table")
        if wanted not in _FORMATS:
            raise typer.BadParameter(f"--format is one of {', '.join(_FORMATS)}, not {wanted!r}")
        at = moment_of(as_of, "as_of")
        if isinstance(at, int):
            raise typer.BadParameter("--as-of takes a day or a UTC time for a metric")
        labels = tuple(part.strip() for part in (by or "").split(",") if part.strip())
        asked = Asked(labels, grain, days_text(range_, from_, to), at)
        answer = cli.workspace.metrics.values(name, asked)
        rows = values_json(asked.by, answer.periods)
        if wanted == "json":
            cli.out.data(
                {"metric": name, "by": list(labels), "grain": grain, "from": _day(answer.start),
                 "to": _day(answer.end), "values": rows}
            )  # fmt: skip
        elif wanted == "csv":
            _write_csv(labels, rows)
        elif not rows:
            cli.out.say("Nothing is known of these days.")
        else:
            _table(cli, answer, rows)


def _table(cli: Cli, answer: Answer, rows: list[dict[str, Any]]) -> None:
    labels = answer.asked.by
    cli.out.table(
        [Col("Period"), *(Col(label) for label in labels), Col("Value", True), Col("Days known")],
        [
            (
                row["period"],
                *(row["labels"][label] or NOTHING for label in labels),
                NOTHING if row["value"] is None else f"{Decimal(row['value']):,f}",
                "all" if row["days_known"] == row["days"]
                else f"{row['days_known']} of {row['days']}",
            )
            for row in rows
        ],
    )  # fmt: skip


def _write_csv(labels: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["period", *labels, "value", "days", "days_known"])
    for row in rows:
        named = [row["labels"][label] or "" for label in labels]
        value = "" if row["value"] is None else row["value"]
        writer.writerow([row["period"], *named, value, row["days"], row["days_known"]])


def _day(day: object) -> str | None:
    return None if day is None else str(day)


def _register_deliver(group: typer.Typer) -> None:
    @command(group, "load", examples=["outlay metrics load orders orders-october.csv"])
    def load(
        cli: Cli,
        name: _Name,
        file: Annotated[Path, typer.Argument(help="CSV with date, the labels, and value.")],
    ) -> None:
        """Take the values of a CSV file, whole or not at all. The same values again change
        nothing; others for the same day and labels restate."""
        from outlay.app.metric_status import put_json

        put = cli.workspace.metrics.load_file(name, file, author=cli.author)
        if cli.out.json:
            cli.out.data(put_json(put))
        cli.out.say(_put_text(name, put))

    @command(
        group,
        "push",
        examples=[
            "outlay metrics push orders --date 2026-10-31 --value 1204 --label channel=web",
            "outlay metrics push orders < values.json",
        ],
    )
    def push(
        cli: Cli,
        name: _Name,
        date: Annotated[
            str | None, typer.Option(help="The day, or the hour in UTC (2026-10-31T13:00Z).")
        ] = None,
        value: Annotated[str | None, typer.Option(help="The number.")] = None,
        label: Annotated[
            list[str] | None, typer.Option(metavar="L=V", help="A label; may be repeated.")
        ] = None,
        withdraw: Annotated[
            bool, typer.Option("--withdraw", help="The value is known no more.")
        ] = False,
    ) -> None:
        """Push one value, or JSON from standard input: a list of objects with date, value and
        labels."""
        from outlay.app.metric_status import put_json
        from outlay.cli.values import options_of

        if date is None:
            data: Any = _standard_input()
        else:
            if (value is None) != withdraw:
                raise typer.BadParameter("--date needs either --value or --withdraw")
            labels = {key: str(text) for key, text in (options_of(label) or {}).items()}
            data = [{"date": date, "value": value, "labels": labels}]
        put = cli.workspace.metrics.push(name, data, author=cli.author)
        if cli.out.json:
            cli.out.data(put_json(put))
        cli.out.say(_put_text(name, put))


def _standard_input() -> Any:
    from outlay.sources.documents import decode

    if sys.stdin.isatty():
        raise typer.BadParameter("give --date and --value, or JSON on standard input")
    return decode(sys.stdin.buffer.read(), "standard input")


def _put_text(name: str, put: Any) -> str:
    if put.delivery is None:
        return f"{name}: {plural(put.delivered, 'value')}, all known already; nothing changed."
    made = put.delivery
    return (
        f"{name}: {plural(put.delivered, 'value')}: {count(made.new)} new, {count(made.changed)} "
        f"restated, {count(made.withdrawn)} withdrawn."
    )


def _register_sync(group: typer.Typer) -> None:
    @command(
        group,
        "sync",
        examples=["outlay metrics sync", "outlay metrics sync orders --from 2026-01-01"],
    )
    def sync(
        cli: Cli,
        names: Annotated[list[str] | None, typer.Argument(help="Default: all fetched.")] = None,
        from_: From = None,
    ) -> int:
        """Fetch metrics from where their values are: from some days before the newest known one,
        which may still change, or from a day on."""
        from outlay.app.metric_status import sync_json
        from outlay.query.ranges import parse_day

        since = parse_day(from_ or "", "from")
        with cli.out.progress() as progress:
            done = cli.workspace.metrics.sync(names, since=since, progress=progress)
        if cli.out.json:
            cli.out.data([sync_json(one) for one in done])
        elif not done:
            cli.out.say("No metric is fetched: their values are pushed.")
        for one in done:
            cli.out.say(
                f"{one.metric}: failed: {one.error}"
                if one.put is None
                else _put_text(one.metric, one.put)
            )
        return FAILED if any(one.outcome == "failed" for one in done) else OK


def _register_history(group: typer.Typer) -> None:
    @command(
        group,
        "history",
        examples=["outlay metrics history orders", "outlay metrics history orders --delivery 3"],
    )
    def history(
        cli: Cli,
        name: _Name,
        delivery: Annotated[
            int | None, typer.Option(metavar="N", min=1, help="What this delivery changed.")
        ] = None,
    ) -> None:
        """Every delivery of values, newest first, or each value that one of them changed."""
        from outlay.app.metric_status import delivery_json, number_text, restatement_json

        metrics = cli.workspace.metrics
        if delivery is not None:
            changes = metrics.restated(name, delivery)
            if cli.out.json:
                cli.out.data([restatement_json(change) for change in changes])
                return
            cli.out.table(
                [Col("Start (UTC)"), Col("Labels"), Col("Before", True), Col("After", True)],
                [
                    (
                        moment(c.start),
                        ", ".join(f"{k}={v}" for k, v in c.labels.items()) or NOTHING,
                        number_text(c.before) or NOTHING,
                        number_text(c.after) or "withdrawn",
                    )
                    for c in changes
                ],
            )
            return
        found = metrics.history(name)
        if cli.out.json:
            cli.out.data([delivery_json(one) for one in found])
            return
        cli.out.table(
            [
                *(Col("N", True), Col("Known since (UTC)"), Col("From"), Col("By", optional=True)),
                *(Col("Values", True), Col("New", True), Col("Restated", True)),
                *(Col("Withdrawn", True), Col("Days")),
            ],
            [
                (
                    str(one.sequence),
                    moment(one.known_at),
                    one.origin,
                    one.author or NOTHING,
                    count(one.delivered),
                    count(one.new),
                    count(one.changed),
                    count(one.withdrawn),
                    str(one.first) if one.first == one.last else f"{one.first} to {one.last}",
                )
                for one in found
            ],
        )
