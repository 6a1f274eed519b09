"""What every table of the workspace's database belongs to."""

from sqlalchemy import MetaData

metadata = MetaData()
