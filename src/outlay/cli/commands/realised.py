"""`outlay realised`: what was promised, and what the bill shows of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import QUESTIONS, Cli, command
from outlay.cli.output import NOTHING, Col, money

if TYPE_CHECKING:
    from outlay.app.realised.listing import Ledger, Of, Sought
    from outlay.savings.realised.ledger import Row
    from outlay.savings.realised.model import FrozenKey

_Number = Annotated[int, typer.Argument(min=1, help="The recommendation's number.")]
_Since = Annotated[str, typer.Option(metavar="YYYY-MM", help="The first month.")]
_Until = Annotated[str, typer.Option(metavar="YYYY-MM", help="The last month.")]
_Owner = Annotated[str, typer.Option(help="An owner; - for nobody's.")]
_Provider = Annotated[str, typer.Option(help="A provider.")]
_Action = Annotated[str, typer.Option(help="An action: Delete, Rightsize…")]
_Currency = Annotated[str, typer.Option(help="A currency's code.")]
_Known = Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="As known at the end of this day.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True, help="What savings were promised, and what the bill shows of them."
    )
    app.add_typer(group, name="realised", rich_help_panel=QUESTIONS)
    _register_list(group)
    _register_show(group)
    _register_ledger(group)
    _register_measure(group)
    _register_successor(group)
    _register_export(group)


def _register_list(group: typer.Typer) -> None:
    @command(
        group, "list", examples=["outlay realised list", "outlay realised list --owner checkout"]
    )
    def list_(
        cli: Cli,
        since: _Since = "",
        until: _Until = "",
        owner: _Owner = "",
        provider: _Provider = "",
        action: _Action = "",
        currency: _Currency = "",
        known: _Known = "",
    ) -> None:
        """List what each recommendation realised, the most first."""
        from outlay.app.realised import listing, shapes
        from outlay.app.realised.listing import Sought

        sought = Sought(since, until, owner, provider, action, currency, known)
        found = listing.ledger(cli.workspace, sought, "recommendation")
        if cli.out.json:
            cli.out.data([shapes.row_json(one) for one in found.rows])
        elif not found.rows:
            _nothing(cli, sought)
        else:
            titles = {str(one.recommendation): one.title for one in found.entries}
            _rows(cli, found.rows, "Recommendation", lambda value: f"#{value} {titles[value]}")


def _register_ledger(group: typer.Typer) -> None:
    @command(
        group,
        "ledger",
        examples=[
            "outlay realised ledger",
            "outlay realised ledger --by owner --since 2026-09",
            "outlay realised ledger --known 2026-10-31",
        ],
    )
    def ledger(
        cli: Cli,
        by: Annotated[str, typer.Option(help="month, owner, provider, action, recommendation.")]
        = "month",
        since: _Since = "",
        until: _Until = "",
        owner: _Owner = "",
        provider: _Provider = "",
        action: _Action = "",
        currency: _Currency = "",
        known: _Known = "",
    ) -> None:  # fmt: skip
        """Promised, realised and missed, added up; avoided and one-off money apart.

        For each row, promised − missed + beyond = realised.
        """
        from outlay.app.realised import listing, shapes
        from outlay.app.realised.listing import Sought

        sought = Sought(since, until, owner, provider, action, currency, known)
        found = listing.ledger(cli.workspace, sought, by)
        if cli.out.json:
            cli.out.data(shapes.ledger_json(found, len(found.entries)))
        elif not found.rows:
            _nothing(cli, sought)
        else:
            _rows(cli, found.rows, by.capitalize(), lambda value: value or "nobody's")
            _below(cli, found)


def _nothing(cli: Cli, sought: Sought) -> None:
    if any(vars(sought).values()):
        cli.out.say("Nothing was measured of these.")
    else:
        cli.out.say(
            "Nothing was measured yet: accept a recommendation (`outlay savings accept`), say when "
            "it is implemented, and the next bill is compared with what was paid before."
        )


def _rows(cli: Cli, rows: Sequence[Row], head: str, name: Callable[[str], str]) -> None:
    cli.out.table(
        [
            Col(head), Col("Promised", True), Col("Realised", True), Col("Usage", True, True),
            Col("Rate", True, True), Col("Other", True, True), Col("Missed", True),
            Col("Beyond", True, True), Col("Avoided", True, True), Col("One-off", True, True),
            Col(""),
        ],
        [
            (
                name(row.value),
                money(row.sums.promised),
                money(row.sums.realised),
                money(row.sums.effects.used),
                money(row.sums.effects.rate),
                money(row.sums.effects.other),
                money(row.sums.missed),
                money(row.sums.beyond),
                money(row.sums.avoided),
                money(row.sums.one_off),
                row.sums.currency,
            )
            for row in rows
        ],
    )  # fmt: skip


def _below(cli: Cli, found: Ledger) -> None:
    for one in found.totals:
        cli.out.say(
            f"All: promised {money(one.promised)}, realised {money(one.realised)}, missed "
            f"{money(one.missed)}, avoided {money(one.avoided)}, one-off {money(one.one_off)} "
            f"{one.currency}."
        )
    for pace in found.pace:
        cli.out.say(
            f"At the pace of the last 30 days: {money(pace.month)} a month, {money(pace.year)} a "
            f"year {pace.currency}."
        )
    for change in found.changes:
        cli.out.say(
            f"#{change.recommendation} {change.month:%Y-%m} was restated: {money(change.before)} "
            f"before, {money(change.after)} now, {money(change.difference)} {change.currency}."
        )


def _register_show(group: typer.Typer) -> None:
    @command(group, "show", examples=["outlay realised show 12", "outlay realised show 12 --prove"])
    def show(
        cli: Cli,
        number: _Number,
        prove: Annotated[
            bool, typer.Option("--prove", help="Make its baselines again from their snapshots.")
        ] = False,
        days: Annotated[bool, typer.Option("--days", help="With every day.")] = False,
    ) -> None:
        """What one recommendation realised: baseline, months, prices, in words and figures."""
        from outlay.app.realised import listing, shapes

        found = listing.realised_of(cli.workspace, number)
        proofs = listing.proof(cli.workspace, number) if prove else ()
        if cli.out.json:
            told = shapes.of_json(found)
            cli.out.data(told | ({"proof": shapes.proof_json(proofs)} if prove else {}))
            return
        _told(cli, found, days)
        for one in proofs:
            cli.out.say(
                f"Baseline {one.baseline.id} made again from snapshot {one.baseline.snapshot}: "
                f"{'the same' if one.same else one.reason}."
            )


def _told(cli: Cli, found: Of, days: bool) -> None:
    from outlay.app.realised.words import basis, sentences

    one = found.recommendation
    cli.out.say(f"#{one.id} {one.finding.title}: {one.state}")
    for sentence in sentences(found):
        cli.out.say(sentence)
    baseline = found.baseline
    if baseline is None:
        return
    cli.out.say(f"Baseline: {basis(baseline)}")
    if baseline.keys:
        cli.out.table(
            [
                Col("Resource", optional=True), Col("Charged for"), Col("Quantity a day", True),
                Col("Unit"), Col("Rate", True), Col(f"A day ({baseline.currency})", True),
            ],
            [
                (
                    key.key.resource or NOTHING, key.key.meter, _quantities(key.quantities),
                    key.key.unit, NOTHING if key.rate is None else f"{key.rate.normalize():f}",
                    _day(key, baseline.days),
                )
                for key in baseline.keys
            ],
        )  # fmt: skip
    _months(cli, found)
    if days:
        cli.out.table(
            [Col("Day"), Col("Without", True), Col("Actual", True), Col("Realised", True)],
            [
                (str(day.day), money(day.counterfactual), money(day.actual), money(day.realised))
                for entry in found.entries
                for day in entry.days
            ],
        )


def _months(cli: Cli, found: Of) -> None:
    if found.entries:
        cli.out.table(
            [
                Col("Month"), Col("Days", True), Col("Promised", True), Col("Without", True),
                Col("Actual", True), Col("Realised", True), Col("Missed", True), Col(""),
            ],
            [
                (
                    f"{entry.month:%Y-%m}", str(len(entry.days)), money(entry.promised),
                    money(entry.counterfactual), money(entry.actual), money(entry.realised),
                    money(entry.missed), entry.currency,
                )
                for entry in found.entries
            ],
        )  # fmt: skip


def _quantities(values: Sequence[Decimal]) -> str:
    shown = {f"{value:f}".rstrip("0").rstrip(".") or "0" for value in values}
    return shown.pop() if len(shown) == 1 else f"{len(values)} values"


def _day(key: FrozenKey, days: int) -> str:
    from outlay.savings.realised.exact import RATE_DIGITS, divided

    return money(divided(key.cost, days, RATE_DIGITS))


def _register_measure(group: typer.Typer) -> None:
    @command(group, "measure", examples=["outlay realised measure"])
    def measure(cli: Cli) -> None:
        """Look at the bill now, as is done after each delivery."""
        from outlay.app.realised import listing, shapes

        done = listing.measure_now(cli.workspace)
        if cli.out.json:
            cli.out.data(shapes.followed_json(done))
            return
        cli.out.say(f"{len(done.entries)} months are new or others than before.")
        for what, numbers in (
            ("Seen on the bill", done.seen), ("Verified", done.verified),
            ("Sustained", done.sustained), ("Regressed", done.regressed),
        ):  # fmt: skip
            if numbers:
                cli.out.say(f"{what}: {', '.join(f'#{number}' for number in numbers)}.")


def _register_successor(group: typer.Typer) -> None:
    @command(
        group,
        "successor",
        examples=["outlay realised successor 12 --where \"ResourceId = 'i-0fedcba9876543210'\""],
    )
    def successor(
        cli: Cli,
        number: _Number,
        where: Annotated[str, typer.Option(help="The condition of the charges; '' for none.")],
        note: Annotated[str, typer.Option(help="Why.")] = "",
    ) -> None:
        """Say which charges came in place of those that a recommendation changed.

        An instance under another id, or a resource that moved: what it costs is taken off what was
        saved.
        """
        from outlay.app.realised import listing, shapes

        listing.succeed(cli.workspace, number, where, note)
        if cli.out.json:
            cli.out.data(shapes.of_json(listing.realised_of(cli.workspace, number)))
        elif where:
            cli.out.say("Noted. It is taken off from the next look on: `outlay realised measure`.")
        else:
            cli.out.say("Noted: nothing came in its place.")


def _register_export(group: typer.Typer) -> None:
    @command(
        group,
        "export",
        examples=[
            "outlay realised export ledger.xlsx",
            "outlay realised export october.csv --since 2026-10 --until 2026-10",
        ],
    )
    def export(
        cli: Cli,
        file: Annotated[Path, typer.Argument(help="The file to write, .csv or .xlsx.")],
        since: _Since = "",
        until: _Until = "",
        owner: _Owner = "",
        provider: _Provider = "",
        action: _Action = "",
        currency: _Currency = "",
        known: _Known = "",
    ) -> None:
        """Write the ledger for finance: every entry with its snapshot and formula, and in a
        workbook its days, prices and baselines."""
        from outlay.app.realised import files
        from outlay.app.realised.listing import Sought

        sought = Sought(since, until, owner, provider, action, currency, known)
        found = files.export(cli.workspace, file.suffix.removeprefix(".").lower() or "csv", sought)
        try:
            file.write_bytes(found.content)
        except OSError as error:
            raise typer.BadParameter(
                f"{file} cannot be written: {error.strerror or error}"
            ) from None
        if cli.out.json:
            cli.out.data({"file": str(file), "bytes": len(found.content)})
        else:
            cli.out.say(f"Wrote {file}.")
