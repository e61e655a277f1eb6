/** A colour's red, green and blue, from 0 to 255. */
type Rgb = readonly [number, number, number]

/** The colours that follow from an accent, on a ground on which it is legible as text. */
export interface Accent {
  accent: string
  strong: string
  /** On the accent: what its buttons say. */
  on: string
}

// WCAG 2.2 §1.4.3: of text, which the accent is in links and on buttons.
const LEAST_CONTRAST = 4.5
const WHITE = '#ffffff'
const BLACK = '#101613'

/**
 * The accent as near to `colour` as a contrast of 4.5 with `ground` allows, a stronger one for what is pointed at, and the colour
 * on them. All are `#rrggbb`.
 */
export function accentOn(colour: string, ground: string): Accent {
  const away = luminance(ground) > 0.18 ? BLACK : WHITE
  const accent = towards(colour, away, (mixed) => contrast(mixed, ground) >= LEAST_CONTRAST)
  const on = contrast(accent, WHITE) >= contrast(accent, BLACK) ? WHITE : BLACK
  // Further from its text, or its text would fade.
  const strong = mix(accent, on === WHITE ? BLACK : WHITE, 0.18)
  return { accent, strong, on }
}

/** How two colours differ (WCAG 2.2, contrast ratio): from 1 to 21. */
export function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

function towards(colour: string, end: string, isEnough: (mixed: string) => boolean): string {
  for (let share = 0; share < 1; share += 0.02) {
    const mixed = mix(colour, end, share)
    if (isEnough(mixed)) return mixed
  }
  return end
}

function mix(one: string, other: string, share: number): string {
  const [from, to] = [rgb(one), rgb(other)]
  const parts = from.map((value, at) => Math.round(value + ((to[at] as number) - value) * share))
  return `#${parts.map((value) => value.toString(16).padStart(2, '0')).join('')}`
}

// WCAG 2.2, relative luminance.
function luminance(colour: string): number {
  const [red, green, blue] = rgb(colour).map((value) => {
    const part = value / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  }) as unknown as Rgb
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function rgb(colour: string): Rgb {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)) as unknown as Rgb
}
