from functools import cached_property
from typing import Any

from django.core.paginator import Paginator


class CappedPaginator(Paginator):
    """Of the rows of a table; counts no further than `most`: nobody turns to page 400 of a log, and counting millions of
    lines takes seconds."""

    most = 10_000
    object_list: Any

    @cached_property
    def count(self) -> int:
        queryset = self.object_list.data.data
        counted: int = queryset.order_by()[: self.most].count()
        return counted
