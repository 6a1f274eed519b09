"""The operations of realised savings."""

from __future__ import annotations

from outlay.api.openapi.operations import Operation

_FILES = ("text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")

REALISED: dict[str, Operation] = {
    "GET /realised": Operation("get_realised", "RealisedLedger"),
    "GET /realised/export": Operation("export_realised", "", _FILES),
    "GET /realised/{number}": Operation("get_realised_saving", "RealisedSaving"),
    "GET /realised/{number}/proof": Operation("prove_realised_saving", "list[RealisedProof]"),
    "POST /realised/measure": Operation("measure_realised", "RealisedLook"),
    "POST /realised/{number}/successor": Operation("say_successor", "RealisedSaving"),
}
