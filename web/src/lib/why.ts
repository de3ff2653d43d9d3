// Numbers of an explanation, made ready to be shown.

import type { Timings, Why } from './api'

/** Stretches of a bar 100 long: one for each part that adds to the score, and over the end of them one for each that takes away. */
export function bars(parts: Why['parts']): { name: string; x: number; width: number }[] {
  const whole = Math.max(
    1,
    parts.reduce((sum, part) => sum + Math.max(0, part.share), 0),
  )
  let end = 0
  const bar = ({ name, share }: Why['parts'][number]): { name: string; x: number; width: number } => {
    const start = end
    end += (share / whole) * 100
    return { name, x: Math.min(start, end), width: Math.abs(end - start) }
  }
  return [...parts.filter(({ share }) => share > 0).map(bar), ...parts.filter(({ share }) => share < 0).map(bar)]
}

/** What age takes from the score, of 1; `null` for the parts that add to it. */
export function taken({ name, share }: Why['parts'][number]): number | null {
  return name === 'recency' ? Math.max(0, -share) : null
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

export type Step = 'keyword' | 'embed' | 'vector' | 'rerank' | 'total'

/** Where the time went, in milliseconds; steps that took none are left out. */
export function spent(timings: Timings): { step: Step; milliseconds: number }[] {
  const steps: [Step, number][] = [
    ['keyword', timings.keyword_us],
    ['embed', timings.embed_us],
    ['vector', timings.vector_us],
    ['rerank', timings.rerank_us],
    ['total', timings.total_us],
  ]
  return steps.filter(([step, time]) => time > 0 || step === 'total').map(([step, time]) => ({ step, milliseconds: Math.round(time / 100) / 10 }))
}
