/** Sides of an image, in pixels. */
export interface Size {
  readonly width: number
  readonly height: number
}

/**
 * What a GIF or JPEG makes a browser unpack, which is more than its first header says: a frame may be larger than the GIF that it is in,
 * and what looks like a header of a JPEG may stand in a comment. Undefined for what is not built as it should be.
 */
export function framesOf(type: 'gif' | 'jpg', bytes: Buffer): readonly Size[] | undefined {
  try {
    return type === 'gif' ? gifFrames(bytes) : jpegFrames(bytes)
  } catch (error) {
    // It ends too early.
    if (error instanceof RangeError) return undefined
    throw error
  }
}

// GIF89a §18 to §27.
function gifFrames(bytes: Buffer): readonly Size[] | undefined {
  const frames: Size[] = []
  let at = 13 + colours(bytes.readUInt8(10))
  while (at < bytes.length) {
    const introducer = bytes.readUInt8(at)
    if (introducer === 0x3b) break
    if (introducer === 0x21) at = blocksEnd(bytes, at + 2)
    else if (introducer === 0x2c) {
      const [left, top, width, height] = [1, 3, 5, 7].map((field) => bytes.readUInt16LE(at + field))
      frames.push({ width: (left ?? 0) + (width ?? 0), height: (top ?? 0) + (height ?? 0) })
      at = blocksEnd(bytes, at + 11 + colours(bytes.readUInt8(at + 9)))
    } else return undefined
  }
  return frames
}

function colours(packed: number): number {
  return (packed & 0x80) === 0 ? 0 : 3 * 2 ** ((packed & 7) + 1)
}

function blocksEnd(bytes: Buffer, from: number): number {
  let at = from
  for (let length = bytes.readUInt8(at); length > 0; length = bytes.readUInt8(at)) at += 1 + length
  return at + 1
}

// ITU-T T.81 annex B. The one frame comes before the first scan.
function jpegFrames(bytes: Buffer): readonly Size[] | undefined {
  const frames: Size[] = []
  for (let at = 2; ; at += 2 + bytes.readUInt16BE(at + 2)) {
    if (bytes.readUInt8(at) !== 0xff) return undefined
    while (bytes.readUInt8(at + 1) === 0xff) at++
    const marker = bytes.readUInt8(at + 1)
    if (marker === 0xda) return frames
    // Those without a length have nothing to do here.
    if (marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd9)) return undefined
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      frames.push({ height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) })
  }
}
