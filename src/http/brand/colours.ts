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
  const end = luminance(ground) > 0.18 ? 0 : 1
  const accent = towards(colour, end, (shade) => contrast(shade, ground) >= LEAST_CONTRAST)
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

// Only its lightness changes: mixed with white a deep colour would be a grey one. `end`: 0 is black, 1 is white.
function towards(colour: string, end: number, isEnough: (shade: string) => boolean): string {
  if (isEnough(colour)) return colour
  const { hue, saturation, lightness } = hsl(colour)
  for (let share = 0; share < 1; share += 0.01) {
    const shade = ofHsl(hue, saturation, lightness + (end - lightness) * share)
    if (isEnough(shade)) return shade
  }
  return end === 0 ? BLACK : WHITE
}

// CSS Color 4, HSL: hue from 0 to 360, the others from 0 to 1.
function hsl(colour: string): { hue: number; saturation: number; lightness: number } {
  const [red, green, blue] = rgb(colour).map((value) => value / 255) as unknown as Rgb
  const [most, least] = [Math.max(red, green, blue), Math.min(red, green, blue)]
  const [lightness, spread] = [(most + least) / 2, most - least]
  if (spread === 0) return { hue: 0, saturation: 0, lightness }
  const sixth =
    most === red
      ? (green - blue) / spread
      : most === green
        ? (blue - red) / spread + 2
        : (red - green) / spread + 4
  const saturation = spread / (1 - Math.abs(2 * lightness - 1))
  return { hue: (sixth * 60 + 360) % 360, saturation, lightness }
}

function ofHsl(hue: number, saturation: number, lightness: number): string {
  const reach = saturation * Math.min(lightness, 1 - lightness)
  const part = (at: number) => {
    const step = (at + hue / 30) % 12
    return 255 * (lightness - reach * Math.max(-1, Math.min(step - 3, 9 - step, 1)))
  }
  return hex([part(0), part(8), part(4)])
}

function mix(one: string, other: string, share: number): string {
  const [from, to] = [rgb(one), rgb(other)]
  return hex(from.map((value, at) => value + ((to[at] as number) - value) * share))
}

function hex(parts: readonly number[]): string {
  return `#${parts.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('')}`
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
