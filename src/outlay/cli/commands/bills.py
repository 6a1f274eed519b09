"""`outlay load`, `sync`, `deliveries`, `quarantine`: bills come in, and are accounted for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import BILLS, FAILED, INCOMPLETE, OK, Cli, command
from outlay.cli.commands.alerts import NoWatch, look_after
from outlay.cli.commands.native import sync_tools
from outlay.cli.output import NOTHING, Col, count, moment, money, plural
from outlay.cli.values import max_rejected_option, moment_of, options_of, period_of, place_of

if TYPE_CHECKING:
    from outlay.app import SourceLoad
    from outlay.lake import DeliveryRecord, LoadOutcome, Proof, Slice

_COST = ("BilledCost", "EffectiveCost")
_SAMPLE = 3


def register(app: typer.Typer) -> None:
    """Add the commands of bills."""
    _register_load(app)
    _register_sync(app)
    _register_deliveries(app)
    _register_quarantine(app)


def _register_load(app: typer.Typer) -> None:
    @command(
        app,
        "load",
        panel=BILLS,
        examples=[
            "outlay load bills/2026-10.csv.gz",
            "outlay load s3://acme-billing/cur --source acme",
            "outlay load export.parquet --kind focus --option currency=USD",
        ],
    )
    def load(
        cli: Cli,
        paths: Annotated[list[str], typer.Argument(metavar="PATH", help="File, folder or URL.")],
        kind: Annotated[
            str | None, typer.Option(help="What it is, if it cannot be told: `source kinds`.")
        ] = None,
        source: Annotated[
            str | None,
            typer.Option(help="The source's name; default: the report's, else the file's."),
        ] = None,
        option: Annotated[
            list[str] | None, typer.Option(metavar="K=V", help="An option of the kind.")
        ] = None,
        max_rejected: Annotated[
            str | None, typer.Option(help="Share of rows that may be rejected, 0 to 1.")
        ] = None,
        no_watch: NoWatch = False,
    ) -> int:
        """Load bills once: detect what they are, prove them, and put them into the ledger.

        Loading the same again does nothing; a newer delivery of a period replaces the older one,
        which stays in the history.
        """
        limit = max_rejected_option(max_rejected)
        places = [place_of(cli, path) for path in paths]
        with cli.out.progress() as progress:
            loads = cli.workspace.load(
                places,
                kind,
                source,
                options_of(option),
                progress,
                author=cli.author,
                max_rejected=limit,
            )
        code = show_loads(cli, loads)
        if not no_watch:
            look_after(cli)
        return code


def _register_sync(app: typer.Typer) -> None:
    @command(
        app,
        "sync",
        panel=BILLS,
        examples=["outlay sync", "outlay sync acme-cur --period 2026-10 --dry-run"],
    )
    def sync(
        cli: Cli,
        names: Annotated[
            list[str] | None,
            typer.Argument(metavar="[SOURCE]", help="Default: all that are not manual."),
        ] = None,
        period: Annotated[
            str | None, typer.Option(metavar="YYYY-MM", help="Only this billing period.")
        ] = None,
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Say what would be done, change nothing.")
        ] = False,
        no_watch: NoWatch = False,
    ) -> int:
        """Bring sources up to date: what did not change is not read again.

        Without a name, also the native tools' recommendations (`outlay native`).
        """
        with cli.out.progress() as progress:
            loads = cli.workspace.sync(names, period_of(period), dry_run=dry_run, progress=progress)
        if not loads:
            cli.out.say(
                "No source is due: none is configured with a cadence. `outlay source add` adds "
                "one, `outlay sync NAME` syncs a manual one."
            )
        code = show_loads(cli, loads, dry_run=dry_run)
        if not names and period is None and not dry_run:
            code = sync_tools(cli) or code
        if not no_watch and not dry_run:
            look_after(cli)
        return code


def show_loads(cli: Cli, loads: Sequence[SourceLoad], *, dry_run: bool = False) -> int:
    """Show what loads and syncs did; gives the exit code."""
    from outlay.app import shapes

    if cli.out.json:
        cli.out.data([shapes.load_json(load) for load in loads])
    for load in loads:
        if load.feed is not None:
            cli.out.say(f"{load.source}: {load.feed.kind} ({load.feed.evidence})")
        for note in load.notes:
            cli.out.say(f"  {note}")
        if not cli.out.json and load.outcomes:
            _outcome_table(cli, load.outcomes)
        _explain(load, cli)
    if dry_run and loads:
        cli.out.say("Dry run: nothing was changed.")
    if any(load.failed for load in loads):
        return FAILED
    return INCOMPLETE if any(load.incomplete for load in loads) else OK


def _outcome_table(cli: Cli, outcomes: Sequence[LoadOutcome]) -> None:
    has_usage = any(o.record is not None and o.record.usage_rows for o in outcomes)
    rows = []
    for outcome in outcomes:
        record = outcome.record
        usage = (count(record.usage_rows) if record else NOTHING,) if has_usage else ()
        rows.append(
            (
                outcome.source,
                str(outcome.billing_period or NOTHING),
                outcome.status,
                count(record.proof.rows_read) if record else NOTHING,
                count(record.rows) if record else NOTHING,
                *usage,
                count(outcome.rejected) if record else NOTHING,
                _billed(record.proof) if record else NOTHING,
                ("yes" if record.proof.reconciled else "NO") if record else NOTHING,
                record.cause if record else NOTHING,
            )
        )
    columns = [
        Col("Source"),
        Col("Period"),
        Col("Outcome"),
        Col("Rows", True),
        Col("Charges", True),
        *([Col("Usage rows", True)] if has_usage else []),
        Col("Rejected", True),
        Col("BilledCost", True),
        Col("Reconciled"),
        Col("Cause", optional=True),
    ]
    cli.out.table(columns, rows)


def _billed(proof: Proof) -> str:
    lines = [line for line in proof.lines if line.measure == "BilledCost"]
    return "\n".join(f"{money(line.loaded)} {line.currency}" for line in lines) or NOTHING


def _explain(load: SourceLoad, cli: Cli) -> None:
    """Failures and holds in words, on stderr: they must be seen even when stdout is piped."""
    if cli.out.json:
        return
    if load.error:
        typer.echo(f"Error: {load.source}: {load.error}", err=True)
    for outcome in load.outcomes:
        if outcome.status in {"failed", "held"}:
            word = "Error" if outcome.status == "failed" else "Held back"
            where = f"{load.source} {outcome.billing_period or ''}".strip()
            typer.echo(f"{word}: {where}: {outcome.message}", err=True)
            _sample(outcome)
        elif outcome.rejected and outcome.record is not None:
            typer.echo(
                f"Rejected: {load.source} {outcome.billing_period}: "
                f"{plural(outcome.rejected, 'row')}; see them with "
                f"`outlay quarantine {outcome.record.id}`.",
                err=True,
            )
            _sample(outcome)


def _sample(outcome: LoadOutcome) -> None:
    """A few of the rejected rows, so that the reason is seen without another command."""
    rejects = outcome.record.rejects_sample[:_SAMPLE] if outcome.record else ()
    for reject in rejects:
        typer.echo(f"  {reject.file}, line {reject.line}: {reject.reason}", err=True)


def _register_deliveries(app: typer.Typer) -> None:
    @command(
        app,
        "deliveries",
        panel=BILLS,
        examples=["outlay deliveries", "outlay deliveries --source acme-cur --json"],
    )
    def deliveries(
        cli: Cli,
        source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
        as_of: Annotated[
            str | None, typer.Option(metavar="T", help="As it was: a day, UTC time or snapshot.")
        ] = None,
        held: Annotated[
            bool, typer.Option("--held", help="List the deliveries that were held back instead.")
        ] = False,
    ) -> None:
        """List the slices of the ledger, each with the proof that nothing was lost.

        Stated is what the vendor's own rows sum to; loaded is what the ledger holds.
        """
        from outlay.app import shapes

        back = cli.workspace.held(source)
        if held:
            if cli.out.json:
                cli.out.data([shapes.record_json(record) for record in back])
            elif not back:
                cli.out.say("No delivery is held back.")
            _say_held(cli, back)
            return
        slices = cli.workspace.deliveries(source, moment_of(as_of, "as_of"))
        if cli.out.json:
            cli.out.data([shapes.slice_json(item) for item in slices])
            return
        if not slices:
            cli.out.say("No data yet: outlay load PATH loads a bill.")
            _say_held(cli, back)
            return
        has_usage = any(item.delivery.usage_rows for item in slices)
        cli.out.say("BilledCost: stated by the vendor's own rows, and loaded into the ledger.")
        columns = [
            *(Col("Source"), Col("Period"), Col("Rows", True), Col("Charges", True)),
            *([Col("Usage rows", True)] if has_usage else []),
            *(Col("Rejected", True), Col("Currency"), Col("Stated", True), Col("Loaded", True)),
            Col("EffectiveCost", True, optional=True),
            *(Col("Reconciled"), Col("Loaded (UTC)", optional=True)),
            *(Col("Cause", optional=True), Col("Delivery", optional=True)),
        ]
        rows = [row for item in slices for row in _delivery_rows(item, has_usage)]
        cli.out.table(columns, rows)
        _say_held(cli, back)


def _delivery_rows(item: Slice, has_usage: bool) -> Iterator[tuple[str, ...]]:
    """One row a currency; what is common to them stands in the first."""
    record = item.delivery
    start = (
        *(item.source, str(item.billing_period)),
        *(count(record.proof.rows_read), count(record.rows)),
        *([count(record.usage_rows)] if has_usage else []),
        count(record.proof.rows_rejected),
    )
    reconciled = "yes" if record.proof.reconciled else "NO"
    end = (reconciled, moment(record.loaded_at), record.cause, record.id)
    for index, (currency, amounts) in enumerate(_by_currency(record.proof).items()):
        first = index == 0
        blank = ("",) * len(start)
        yield (*(start if first else blank), currency, *amounts, *(end if first else blank))


def _say_held(cli: Cli, records: Sequence[DeliveryRecord]) -> None:
    """What was not let in, and why: it must not be taken for loaded."""
    for record in records:
        why = "; ".join(record.proof.problems)
        if record.proof.rows_rejected:
            why = f"{plural(record.proof.rows_rejected, 'row')} rejected" + (
                f"; {why}" if why else ""
            )
        cli.out.say(
            f"Held back: {record.source} {record.billing_period}, {why}. See "
            f"outlay quarantine {record.id}"
        )


def _by_currency(proof: Proof) -> dict[str, tuple[str, str, str]]:
    """Currency → stated billed, loaded billed, loaded effective."""
    amounts: dict[str, dict[str, tuple[Decimal, Decimal]]] = {}
    for line in proof.lines:
        if line.measure in _COST:
            amounts.setdefault(line.currency, {})[line.measure] = (line.stated, line.loaded)
    return {
        currency: (
            money(found.get("BilledCost", (None, None))[0]),
            money(found.get("BilledCost", (None, None))[1]),
            money(found.get("EffectiveCost", (None, None))[1]),
        )
        for currency, found in amounts.items()
    } or {NOTHING: (NOTHING, NOTHING, NOTHING)}


def _register_quarantine(app: typer.Typer) -> None:
    @command(
        app,
        "quarantine",
        panel=BILLS,
        examples=["outlay quarantine 01KE3Q0G6K7W8Z2N4Y5T1R9V0B --limit 20"],
    )
    def quarantine(
        cli: Cli,
        delivery: Annotated[str, typer.Argument(help="A delivery's id, from `deliveries`.")],
        limit: Annotated[int, typer.Option(min=1, help="At most so many rows.")] = 100,
    ) -> None:
        """Show the rows of a delivery that were rejected: file, line, reason and the record."""
        from outlay.app import shapes

        table = cli.workspace.quarantine(delivery)
        rows = table.slice(0, limit).to_pylist()
        if cli.out.json:
            cli.out.data(shapes.plain(rows))
            return
        if not rows:
            cli.out.say("No row of this delivery was rejected.")
            return
        names = list(rows[0])
        cli.out.table(
            [Col(name, name == "line") for name in names],
            [[str(NOTHING if row[name] is None else row[name]) for name in names] for row in rows],
        )
        if table.num_rows > limit:
            cli.out.say(f"{limit} of {plural(table.num_rows, 'row')}; --limit shows more.")
