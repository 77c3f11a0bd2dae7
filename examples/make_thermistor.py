"""Makes thermistor.csv: the temperature a divider's voltage stands for, 200 rows.

A 10 kΩ NTC thermistor (Steinhart-Hart coefficients of a common part) under a 10 kΩ resistor at
3.3 V. The voltage is read by a 12-bit converter; the temperature carries the small roughness of a
calibration bath (a slow drift and ±0.02 °C). The generator is seeded: the file is always the same.

    python examples/make_thermistor.py > examples/thermistor.csv
"""

import math
import random

ROWS = 200
SUPPLY, RESISTOR, LEVELS = 3.3, 10_000.0, 4096
STEINHART_HART = (1.129148e-3, 2.34125e-4, 8.76741e-8)
FIRST_LEVEL, LAST_LEVEL = 250, 3750


def temperature(voltage):
    """°C of the thermistor between the output and ground."""
    resistance = RESISTOR * voltage / (SUPPLY - voltage)
    a, b, c = STEINHART_HART
    log = math.log(resistance)
    return 1 / (a + b * log + c * log**3) - 273.15


def rows():
    """(voltage, temperature) as decimals, the voltage ascending."""
    noise = random.Random(20240917)
    for row in range(ROWS):
        level = FIRST_LEVEL + round(row * (LAST_LEVEL - FIRST_LEVEL) / (ROWS - 1))
        voltage = SUPPLY * level / LEVELS
        drift = 0.03 * math.sin(row / 11) + noise.uniform(-0.02, 0.02)
        yield f"{voltage:.4f}", f"{temperature(voltage) + drift:.3f}"


if __name__ == "__main__":
    print("voltage,temperature")
    for voltage, celsius in rows():
        print(f"{voltage},{celsius}")
