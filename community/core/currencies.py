"""ISO 4217 currencies: their codes and decimal places."""

from __future__ import annotations

from decimal import Decimal

NO_DECIMALS = frozenset("BIF BYR CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split())  # noqa: SIM905
THREE_DECIMALS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())  # noqa: SIM905
# Current currencies, and those withdrawn so recently that old orders may use them.
CODES = frozenset(
    """AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BYR BZD CAD
    CDF CHF CLP CNY COP CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD
    HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL
    LYD MAD MDL MGA MKD MMK MNT MOP MRO MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR
    PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STD STN SVC SYP SZL THB TJS TMT TND
    TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VEF VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG ZWL""".split()  # noqa: SIM905
)


def decimals(currency: str) -> int:
    """Return how many decimals an amount in this currency has: 0 for JPY, 3 for KWD, 2 for most."""
    return 0 if currency in NO_DECIMALS else _stored_decimals(currency)


def to_cents(amount: Decimal, currency: str) -> int:
    """Return the amount as it is stored: in hundredths, or in thousandths for currencies with three decimals.

    Raises ValueError if it has more decimals than the currency.
    """
    most = decimals(currency)
    if amount != round(amount, most):
        allowed = {0: "no decimals", 1: "one decimal"}.get(most, f"at most {most} decimals")
        raise ValueError(f"Amounts in {currency} have {allowed}")
    return int(amount.scaleb(_stored_decimals(currency)))


def formatted(cents: int, currency: str) -> str:
    """Return a stored amount for people: "49.905 KWD", "5,000 JPY"."""
    amount = Decimal(cents).scaleb(-_stored_decimals(currency))
    return f"{amount:,.{decimals(currency)}f} {currency}".rstrip()


def _stored_decimals(currency: str) -> int:
    return 3 if currency in THREE_DECIMALS else 2
