// Numbers of an explanation, made ready to be shown.

import type { Timings, Why } from './api'

/** Stretches of a bar 100 long, one for each part that adds to the score; the rest of the bar is what the score lacks of 1. */
export function bars(parts: Why['parts']): { name: string; x: number; width: number }[] {
  const whole = Math.max(
    1,
    parts.reduce((sum, part) => sum + Math.max(0, part.share), 0),
  )
  let x = 0
  return parts.flatMap(({ name, share }) => {
    if (share <= 0) return []
    const bar = { name, x, width: (share / whole) * 100 }
    x += bar.width
    return [bar]
  })
}

/** A share of 1 as a whole number of hundredths. */
export function percent(share: number): number {
  return Math.round(share * 100)
}

/** How much of a sum one share is; 0 where there is no sum. */
export function partShare(share: number, sum: number): number {
  return sum > 0 ? share / sum : 0
}

/** A feature's name in the catalogue; one that it does not have as it is called, readable. */
export function featureName(feature: string, names: Record<string, string>): string {
  return Object.hasOwn(names, feature) ? (names[feature] ?? feature) : feature.replaceAll('_', ' ')
}

export type Step = 'keyword' | 'embed' | 'vector' | 'total'

/** Where the time went, in milliseconds; steps that took none are left out. */
export function spent(timings: Timings): { step: Step; milliseconds: number }[] {
  const steps: [Step, number][] = [
    ['keyword', timings.keyword_us],
    ['embed', timings.embed_us],
    ['vector', timings.vector_us],
    ['total', timings.total_us],
  ]
  return steps.filter(([step, time]) => time > 0 || step === 'total').map(([step, time]) => ({ step, milliseconds: Math.round(time / 100) / 10 }))
}
