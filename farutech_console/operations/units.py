"""Figures as an operator reads them: short, with a unit, never wrapped."""

from __future__ import annotations

from datetime import UTC, datetime

from farutech_console.language import tr, trn

_SPANS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_SIZES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def duration(seconds: float) -> str:
    """Return seconds as at most two units: `0 s`, `42 s`, `12 min`, `3 h 5 min`, `2 d 4 h`.

    Minutes stand alone from ten on, and negative spans count as none: clocks differ.
    """
    left = max(0, int(seconds))
    for position, (size, unit) in enumerate(_SPANS):
        if left < size:
            continue
        whole, rest = divmod(left, size)
        if unit == "s" or whole >= 10:
            return f"{whole} {unit}"
        smaller_size, smaller_unit = _SPANS[position + 1]
        smaller = rest // smaller_size
        return f"{whole} {unit} {smaller} {smaller_unit}" if smaller else f"{whole} {unit}"
    return "0 s"


def wait(seconds: float) -> str:
    """Return seconds that are waited, to a tenth where they are few: `0.4 s`, `12 s`, `3 h 5 min`.

    None at all is `0 s`.
    """
    return f"{seconds:.1f} s" if 0 < seconds < 9.95 else duration(seconds)


def short_duration(seconds: float) -> str:
    """Return seconds as one unit: `42 s`, `12 min`, `3 h`, `2 d`."""
    left = max(0, int(seconds))
    for size, unit in _SPANS:
        if left >= size:
            return f"{left // size} {unit}"
    return "0 s"


def age(then: datetime, now: datetime) -> float:
    """Return the seconds from `then` to `now`, not below 0."""
    return max(0.0, (now - then).total_seconds())


def millis(seconds: float) -> str:
    """Return a round trip: `0.4 ms`, `12 ms`, `1.2 s`."""
    in_ms = seconds * 1000
    if in_ms < 10:
        return f"{in_ms:.1f} ms"
    return f"{in_ms:.0f} ms" if in_ms < 1000 else f"{seconds:.1f} s"


def size(octets: int) -> str:
    """Return bytes in binary units: `512 B`, `9.1 MiB`."""
    amount = float(octets)
    for unit in _SIZES:
        if amount < 1024 or unit == _SIZES[-1]:
            return f"{octets} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    raise AssertionError("the last unit takes everything")


def count(number: int) -> str:
    """Return a whole number with thousands apart: `12,481`.

    The language says by what; a comma would be read as the decimal sign in half of those who speak
    Spanish, so that there it is a space that never breaks. Decimals have a point in every language.
    """
    return f"{number:,}".replace(",", tr(","))


def short_count(number: float) -> str:
    """Return a number in five characters at most, for axes: `0.5`, `981`, `12k`, `1.2M`."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= limit:
            scaled = number / limit
            return f"{scaled:.0f}{unit}" if scaled >= 100 else f"{scaled:.3g}{unit}"
    return f"{number:.3g}"


def rate(per_second: float) -> str:
    """Return a rate per second, or per minute where it is slow: `41/s`, `14/min`, `0/s`."""
    if per_second == 0:
        return "0/s"
    if abs(per_second) >= 10:
        return f"{count(round(per_second))}/s"
    if abs(per_second) >= 1:
        return f"{per_second:.1f}/s"
    return f"{per_second * 60:.1f}/min"


def clock_time(moment: datetime) -> str:
    """Return the time of day in UTC: `02:41:07`."""
    return moment.astimezone(UTC).strftime("%H:%M:%S")


def short_time(moment: datetime, now: datetime) -> str:
    """Return a time in UTC in few characters, its date only where it is another than today's.

    `02:41 UTC`, `2026-11-22 23:59 UTC`.
    """
    then, today = moment.astimezone(UTC), now.astimezone(UTC).date()
    return then.strftime("%H:%M UTC" if then.date() == today else "%Y-%m-%d %H:%M UTC")


def full_time(moment: datetime) -> str:
    """Return date and time in UTC, as logs have it: `2026-11-23 02:41:07 UTC`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def plural(number: int, one: str, many: str = "") -> str:
    """Return a count with its noun: `1 letter`, `12 letters`, in the operator's language."""
    singular, plurals = f"{{n}} {one}", f"{{n}} {many or one + 's'}"
    return trn(singular, plurals, number, n=count(number))
