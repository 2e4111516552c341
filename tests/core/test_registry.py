import pytest

from microloan.core.registry import AlreadyRegistered, Registry


def test_providers_come_by_order_and_name_however_they_were_registered():
    registry: Registry[str] = Registry("tests")
    registry.register("b", "second")
    registry.register("c", "first", order=1)
    registry.register("a", "also second")
    assert registry.names() == ["c", "a", "b"]
    assert list(registry) == ["first", "also second", "second"]
    assert registry.items()[0] == ("c", "first")
    assert registry["a"] == "also second"
    assert registry.get("x") is None
    assert "a" in registry
    assert "x" not in registry
    assert len(registry) == 3


def test_a_name_belongs_to_one_provider():
    registry: Registry[object] = Registry("tests")
    provider = object()
    assert registry.register("a", provider) is provider
    registry.register("a", provider)
    with pytest.raises(AlreadyRegistered, match="tests: a"):
        registry.register("a", object())
