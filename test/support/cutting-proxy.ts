import { connect, createServer, type Server, type Socket } from 'node:net'
import { freePort } from './listen.ts'

/** A TCP proxy in front of a server, that can lose an answer: the server gets the command, the client gets nothing. */
export class CuttingProxy {
  readonly port: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #match: ((sent: string) => boolean) | undefined
  /** How many answers were lost. */
  cuts = 0

  private constructor(port: number, target: number) {
    this.port = port
    this.#server = createServer((client) => this.#serve(client, target))
  }

  static async start(target: number): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(await freePort(), target)
    await new Promise<void>((resolve) => proxy.#server.listen(proxy.port, '127.0.0.1', resolve))
    return proxy
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Loses the answer to the next data that `match` is true for, and the connection with it. */
  cutNext(match: (sent: string) => boolean): void {
    this.#match = match
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #serve(client: Socket, target: number): void {
    const server = connect(target, '127.0.0.1')
    let cutting = false
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        client.destroy()
        server.destroy()
      })
    }
    client.on('data', (data) => {
      if (this.#match?.(data.toString('latin1'))) {
        this.#match = undefined
        cutting = true
      }
      server.write(data)
    })
    server.on('data', (data) => {
      if (!cutting) return void client.write(data)
      this.cuts++
      client.destroy()
      server.destroy()
    })
  }
}
