"""Plans of finance: a year by month over a hierarchy, its versions, and what came of them."""
