"""Makes srgb.csv: the sRGB transfer curve on 8 bits, 256 rows of levels.

Row x, y: the linear light x/255 is shown by the sRGB value y/255, y rounded to nearest. The curve
is that of IEC 61966-2-1: 12.92 u below 0.0031308, else 1.055 u^(1/2.4) - 0.055.

    python examples/make_srgb.py > examples/srgb.csv
"""

from decimal import Decimal, getcontext

LEVELS = 256
THRESHOLD = Decimal("0.0031308")


def srgb(level):
    """The 8-bit sRGB value of an 8-bit linear one."""
    linear = Decimal(level) / (LEVELS - 1)
    if linear <= THRESHOLD:
        shown = Decimal("12.92") * linear
    else:
        shown = Decimal("1.055") * linear ** (1 / Decimal("2.4")) - Decimal("0.055")
    return int((shown * (LEVELS - 1) + Decimal("0.5")).to_integral_value(rounding="ROUND_FLOOR"))


if __name__ == "__main__":
    getcontext().prec = 40
    print("x,y")
    for level in range(LEVELS):
        print(f"{level},{srgb(level)}")
