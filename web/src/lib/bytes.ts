// Sizes as people read them, in the units and digits of a language: 1.1 GB.

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const

/** `Intl` writes "71 byte" wherever the unit is shortened; single bytes are few enough to be written out. */
export function bytesIn(value: number, locale: string): string {
  let size = Math.max(0, value)
  let unit = 0
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000
    unit++
  }
  const digits = unit > 0 && size < 99.95 ? 1 : 0
  return new Intl.NumberFormat(locale, { style: 'unit', unit: units[unit] ?? 'byte', unitDisplay: unit === 0 ? 'long' : 'short', maximumFractionDigits: digits }).format(size)
}
