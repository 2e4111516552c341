"""The connection to the database between two requests."""

import pytest
from django.db import close_old_connections, connection

from microloan.accounts.models import User


@pytest.mark.django_db(transaction=True)
def test_after_a_restart_of_the_database_the_next_request_is_answered():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    other.close()
    close_old_connections()  # as every request begins
    assert not User.objects.filter(username="nobody").exists()
