"""Operations of the API: questions. Written by `python -m outlay.api.openapi.methods`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Unpack

from outlay.client.question import Question, question_params
from outlay.client.shapes import (
    Answer,
    Charge,
    ChargePage,
    Dimension,
    Drivers,
    Explanation,
    Forecast,
    ForecastAccuracy,
    Found,
    SqlAnswer,
    Value,
)
from outlay.client.transport import Transport

if TYPE_CHECKING:
    import pyarrow as pa


class Questions(Transport):
    """Methods of the client: questions."""

    def query(self, **question: Unpack[Question]) -> Answer:
        """Ask a question. Sums of measures by dimensions and time. The parameters are those of
        the pages. As a table: every row, also those beyond the limit."""
        found: Answer = self.shaped("Answer", "GET", "/query", {**question_params(question)})
        return found

    def query_table(self, **question: Unpack[Question]) -> pa.Table:
        """Ask a question: as an Arrow table, decimals exact. Sums of measures by dimensions and
        time. The parameters are those of the pages. As a table: every row, also those beyond
        the limit."""
        return self.table("/query", {**question_params(question)})

    def query_json(self, body: Mapping[str, Any]) -> Answer:
        """Ask a question as JSON. As GET, with the question as a JSON object (`range` may also
        be `from` and `to`)."""
        found: Answer = self.shaped("Answer", "POST", "/query", None, body=body)
        return found

    def query_csv(self, **question: Unpack[Question]) -> bytes:
        """Every row as CSV. Every row, also those beyond the limit, amounts unrounded."""
        return self.content("GET", "/query.csv", {**question_params(question)})[0]

    def query_parquet(self, **question: Unpack[Question]) -> bytes:
        """Every row as Parquet. Every row, also those beyond the limit, amounts as decimals."""
        return self.content("GET", "/query.parquet", {**question_params(question)})[0]

    def explain(self, *, lines: int | None = None, **question: Unpack[Question]) -> Explanation:
        """From an amount down to file and line. What the amounts of a question are made of:
        group, delivery, file, line."""
        found: Explanation = self.shaped(
            "Explanation", "GET", "/explain", {"lines": lines, **question_params(question)}
        )
        return found

    def list_charges(
        self, *, offset: int | None = None, rows: int | None = None, **question: Unpack[Question]
    ) -> ChargePage:
        """The charges under a question. Largest amount first, each with the vendor's file and
        record number it is from; 100 a page unless `rows` says, at most 1000. The next page is
        of the same snapshot, whatever is loaded meanwhile. As a table: every column of at most
        100,000 charges."""
        found: ChargePage = self.shaped(
            "ChargePage",
            "GET",
            "/charges",
            {"offset": offset, "rows": rows, **question_params(question)},
        )
        return found

    def iter_charges(
        self, *, offset: int | None = None, rows: int | None = None, **question: Unpack[Question]
    ) -> Iterator[Charge]:
        """The charges under a question: all pages, one by one. Largest amount first, each with
        the vendor's file and record number it is from; 100 a page unless `rows` says, at most
        1000. The next page is of the same snapshot, whatever is loaded meanwhile. As a table:
        every column of at most 100,000 charges."""
        return self.pages(
            "ChargePage",
            "/charges",
            {"offset": offset, "rows": rows, **question_params(question)},
            items="charges",
        )

    def charges_table(self, **question: Unpack[Question]) -> pa.Table:
        """The charges under a question: as an Arrow table, decimals exact. Largest amount
        first, each with the vendor's file and record number it is from; 100 a page unless
        `rows` says, at most 1000. The next page is of the same snapshot, whatever is loaded
        meanwhile. As a table: every column of at most 100,000 charges."""
        return self.table("/charges", {**question_params(question)})

    def charges_csv(self, **question: Unpack[Question]) -> bytes:
        """The charges as CSV. Every column of at most 100,000 charges, largest amount first."""
        return self.content("GET", "/charges.csv", {**question_params(question)})[0]

    def charges_parquet(self, **question: Unpack[Question]) -> bytes:
        """The charges as Parquet. Every column of at most 100,000 charges, largest amount
        first."""
        return self.content("GET", "/charges.parquet", {**question_params(question)})[0]

    def list_dimensions(self, **question: Unpack[Question]) -> list[Dimension]:
        """What a question can be about. Every column, tag key and `x_` column that charges
        have, with its share in money."""
        found: list[Dimension] = self.shaped(
            "list[Dimension]", "GET", "/dimensions", {**question_params(question)}
        )
        return found

    def list_values(
        self,
        *,
        dimension: str,
        search: str | None = None,
        rows: int | None = None,
        **question: Unpack[Question],
    ) -> list[Value]:
        """The values of a dimension. With the money and the number of charges behind each,
        largest first."""
        found: list[Value] = self.shaped(
            "list[Value]",
            "GET",
            "/values",
            {"dimension": dimension, "search": search, "rows": rows, **question_params(question)},
        )
        return found

    def sql(self, body: Mapping[str, Any]) -> SqlAnswer:
        """One SELECT over the ledger, read-only. Over the views `charges`, `daily`, `contexts`
        and `usage`, and the FOCUS datasets. `as_of` (a day, a UTC time or a snapshot) and
        `limit` (rows, at most 100,000) may stand beside `sql`."""
        found: SqlAnswer = self.shaped("SqlAnswer", "POST", "/sql", None, body=body)
        return found

    def find(self, *, q: str, limit: int | None = None) -> list[Found]:
        """Find by a part of a name. Resources, and values of services, accounts, resources and
        virtual tags with their effective cost over all that the ledger holds."""
        found: list[Found] = self.shaped("list[Found]", "GET", "/find", {"q": q, "limit": limit})
        return found

    def drivers(
        self,
        *,
        against: str | None = None,
        before_as_of: str | None = None,
        before_rules_as_of: str | None = None,
        rows: str | None = None,
        **question: Unpack[Question],
    ) -> Drivers:
        """What drove a change. The change of a measure of money between two periods, split at
        price and resource into effects that add up to it exactly, one bridge a currency."""
        found: Drivers = self.shaped(
            "Drivers",
            "GET",
            "/drivers",
            {
                "against": against,
                "before_as_of": before_as_of,
                "before_rules_as_of": before_rules_as_of,
                "rows": rows,
                **question_params(question),
            },
        )
        return found

    def drivers_table(
        self,
        *,
        against: str | None = None,
        before_as_of: str | None = None,
        before_rules_as_of: str | None = None,
        **question: Unpack[Question],
    ) -> pa.Table:
        """What drove a change: as an Arrow table, decimals exact. The change of a measure of
        money between two periods, split at price and resource into effects that add up to it
        exactly, one bridge a currency."""
        return self.table(
            "/drivers",
            {
                "against": against,
                "before_as_of": before_as_of,
                "before_rules_as_of": before_rules_as_of,
                **question_params(question),
            },
        )

    def forecast(
        self,
        *,
        days: str | None = None,
        until: str | None = None,
        changes: bool | None = None,
        series: int | None = None,
        **question: Unpack[Question],
    ) -> Forecast:
        """What is to come. Each group of a question and their total, by month (by day with
        `grain=day`): expected amounts with their bands of 80 and 95 %, the method and how it
        erred before. Parts add up to the total to the cent. History is every complete day: a
        question has no range here."""
        found: Forecast = self.shaped(
            "Forecast",
            "GET",
            "/forecast",
            {
                "days": days,
                "until": until,
                "changes": changes,
                "series": series,
                **question_params(question),
            },
        )
        return found

    def forecast_accuracy(
        self, *, days: str | None = None, **question: Unpack[Question]
    ) -> ForecastAccuracy:
        """What was forecast, and what came. The forecast of some days ago against what came
        since: as the ledger was known then where it holds a snapshot of that day, else from
        today's ledger without what came after."""
        found: ForecastAccuracy = self.shaped(
            "ForecastAccuracy",
            "GET",
            "/forecast/accuracy",
            {"days": days, **question_params(question)},
        )
        return found
