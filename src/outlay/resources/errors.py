"""What can be wrong with a resource."""


class ResourceError(Exception):
    """A resource is unknown, invalid or refused; the message says what, where and what next."""


class ResourceNotFoundError(ResourceError):
    """There is no resource of that kind and name."""


class ResourceConflictError(ResourceError):
    """Someone else changed the resource since it was read."""


class ResourceInUseError(ResourceError):
    """Others stand on the resource; the message names them."""
