import type { FastifyInstance } from 'fastify'

type Headers = Readonly<Record<string, string>>

// Nothing of what a browser could ask a person for. What passkeys take is not in it: it stays allowed here.
const NOTHING = [
  ...['accelerometer', 'autoplay', 'bluetooth', 'browsing-topics', 'camera', 'display-capture', 'fullscreen'],
  ...[
    'geolocation',
    'gyroscope',
    'hid',
    'local-fonts',
    'magnetometer',
    'microphone',
    'midi',
    'payment',
    'serial',
    'usb',
  ],
]
  .map((feature) => `${feature}=()`)
  .join(', ')

/** What answers say of themselves beside their own headers, by what they are. A page has a content security policy of its own, too. */
const HEADERS = {
  /** Every answer: its type is what it says. */
  any: { 'x-content-type-options': 'nosniff' },
  page: {
    'cache-control': 'no-store',
    // Not no-referrer: browsers would then send `Origin: null` with the page's own form.
    'referrer-policy': 'same-origin',
    'x-frame-options': 'DENY',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': NOTHING,
  },
  /**
   * No other page has it open. The pages of a login say nothing of it: applications open them in a pop-up, and any value would cut the
   * pop-up off from them for good.
   */
  account: { 'cross-origin-opener-policy': 'same-origin' },
  asset: { 'cross-origin-resource-policy': 'same-origin' },
} as const satisfies Record<string, Headers>

// Seconds: a year.
const HSTS = { 'strict-transport-security': 'max-age=31536000' }

/** Gives every answer of this server what all of them have. `https`: whether browsers reach it so. */
export function commonHeaders(app: FastifyInstance, https: boolean): void {
  add(app, { ...HEADERS.any, ...(https && HSTS) })
}

/** Gives the pages of this scope theirs, redirects and errors too. `account`: the path below which nothing is opened by others. */
export function pageHeaders(app: FastifyInstance, account: string): void {
  const own = { ...HEADERS.page, ...HEADERS.account }
  app.addHook('onRequest', (request, reply, done) => {
    const { url = '' } = request.routeOptions
    reply.headers(url === account || url.startsWith(`${account}/`) ? own : HEADERS.page)
    done()
  })
}

/** Gives the files of the pages theirs. */
export function assetHeaders(app: FastifyInstance): void {
  add(app, HEADERS.asset)
}

function add(app: FastifyInstance, headers: Headers): void {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers)
    done()
  })
}
