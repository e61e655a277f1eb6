import { createRequire } from 'node:module'
import { join } from 'node:path'
import { npmPackages } from '../../../applications/support/program.ts'
import { HttpBrowser } from '../../../support/http-browser.ts'
import { type Kept, providerOf, REDIRECT } from '../../../support/mcp/provider.ts'
import { ADMIN } from './site.ts'

/** The official SDK for TypeScript, in the two lines that are kept up. */
export type SdkVersion = 1 | 2

// biome-ignore lint/suspicious/noExplicitAny: the packages are not there when types are checked
type Loaded = any

/** What its packages export. */
export async function sdkOf(version: SdkVersion): Promise<Loaded> {
  const packages = version === 1 ? 'mcp-clients' : 'mcp'
  const load = createRequire(join(npmPackages(packages), 'package.json'))
  if (version === 2) return import(load.resolve('@modelcontextprotocol/client'))
  const parts = ['index', 'streamableHttp', 'auth', 'auth-extensions'].map(
    (part) => import(load.resolve(`@modelcontextprotocol/sdk/client/${part}.js`)),
  )
  return Object.assign({}, ...(await Promise.all(parts)))
}

/** Connects, and calls a tool. Gives what it says. */
export async function callTool(sdk: Loaded, transport: object, name: string): Promise<string> {
  const client = new sdk.Client({ name: 'test', version: '1.0.0' })
  try {
    await client.connect(transport)
    const { content } = await client.callTool({ name, arguments: {} })
    return content[0].text
  } finally {
    await client.close()
  }
}

/** An application with the SDK's client, and its person with one browser. */
export class SdkApplication {
  readonly sdk: Loaded
  readonly kept: Kept = {}
  readonly #resource: URL
  readonly #browser = new HttpBrowser()
  readonly #version: SdkVersion
  readonly #provider: object

  /** `document`: the address of what it says of itself; without one it registers. */
  static async of(
    version: SdkVersion,
    { resource, document }: { resource: string; document?: string },
  ): Promise<SdkApplication> {
    return new SdkApplication(await sdkOf(version), version, resource, document)
  }

  private constructor(sdk: Loaded, version: SdkVersion, resource: string, document?: string) {
    this.sdk = sdk
    this.#version = version
    this.#resource = new URL(resource)
    const { kept } = this
    this.#provider = {
      ...providerOf(kept, 'SDK'),
      clientMetadataUrl: document,
      invalidateCredentials(what: string) {
        if (what === 'all' || what === 'client') delete kept.client
        if (what === 'all' || what === 'tokens') delete kept.tokens
      },
    }
  }

  /** Connects, and calls a tool. Gives what it says. */
  call(name: string): Promise<string> {
    return callTool(this.sdk, this.#transport(), name)
  }

  /** Begins a login for this scope by itself, as applications do that know what they need. */
  begin(scope: string): Promise<string> {
    return this.sdk.auth(this.#provider, { serverUrl: this.#resource, scope })
  }

  /** Goes where it wants the browser to go, and exchanges the code. */
  async logIn(): Promise<void> {
    const back = await this.#browser.walk(this.kept.url?.href ?? '', REDIRECT, ADMIN)
    await this.#transport().finishAuth(
      this.#version === 1 ? back.searchParams.get('code') : back.searchParams,
    )
  }

  #transport() {
    return new this.sdk.StreamableHTTPClientTransport(this.#resource, { authProvider: this.#provider })
  }
}
