import assert from 'node:assert/strict'
import { test } from 'node:test'
import { imageSize } from 'image-size'
import { shownAs } from '../../src/clients/documents/logos.ts'

const shorts = (...values: number[]) => values.flatMap((one) => [one & 0xff, one >> 8])

/** A GIF of 8 by 8 pixels that says what it likes of its frames: left, top, width, height. */
function gif(...frames: [number, number, number, number][]): Buffer {
  const frame = (place: number[]) => [0x2c, ...shorts(...place), 0, 2, 2, 0x44, 0x01, 0]
  const comment = [0x21, 0xfe, 2, 0x2c, 0x3b, 0]
  return Buffer.from([
    ...Buffer.from('GIF89a'),
    ...shorts(8, 8),
    ...[0x80, 0, 0, 0, 0, 0, 255, 0, 0],
    ...comment,
    ...frames.flatMap(frame),
    0x3b,
  ])
}

const segment = (marker: number, data: readonly number[]) => [
  ...[0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 0xff],
  ...data,
]
const frameOf = (side: number) =>
  segment(0xc0, [8, side >> 8, side & 0xff, side >> 8, side & 0xff, 1, 1, 0x11, 0])
const jpeg = (...parts: number[][]) =>
  Buffer.from([
    0xff,
    0xd8,
    ...segment(0xe0, [1, 2, 3, 4]),
    ...parts.flat(),
    ...segment(0xda, [1, 1, 0, 0, 63, 0]),
  ])

test('a GIF is no larger than it says: a browser makes room for its frames', () => {
  assert.match(shownAs(gif([0, 0, 8, 8])) ?? '', /^data:image\/gif/)
  assert.ok(shownAs(gif([0, 0, 8, 8], [4, 4, 4, 4])))
  for (const wrong of [
    gif([0, 0, 12_000, 12_000]),
    gif([0, 0, 8, 8], [0, 0, 8, 12_000]),
    gif([65_000, 0, 8, 8]),
    gif([0, 0, 0, 8]),
    gif([0, 0, 8, 8]).subarray(0, -3),
    Buffer.concat([gif().subarray(0, -1), Buffer.from([7])]),
  ])
    assert.equal(shownAs(wrong), undefined)
})

test('a JPEG has the size of its frame, not of one that stands in a comment', () => {
  assert.match(shownAs(jpeg(frameOf(64))) ?? '', /^data:image\/jpeg/)
  assert.ok(shownAs(jpeg(segment(0xfe, Array(200).fill(7)), frameOf(64))))
  // A byte that fills up a marker, and what is then taken for a length: so far away stands the other frame.
  const before = jpeg([0xff, ...frameOf(12_000)]).length - segment(0xda, [1, 1, 0, 0, 63, 0]).length
  const away = 12 + 0xc000 - before - 4
  const comment = segment(0xfe, [...Array(away).fill(0), ...frameOf(64), ...Array(9000).fill(0)])
  const hidden = jpeg([0xff, ...frameOf(12_000)], comment)
  assert.equal(imageSize(hidden).width, 64, 'it looks small')
  for (const wrong of [
    hidden,
    jpeg(frameOf(64), frameOf(12_000)),
    jpeg([7], frameOf(64)),
    jpeg(frameOf(64)).subarray(0, 24),
    jpeg([0xff, 0xd0], frameOf(64)),
  ])
    assert.equal(shownAs(wrong), undefined)
})
