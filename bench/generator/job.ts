import type { Dialect } from '../harness/dialect.ts'
import type { WorkloadId } from '../harness/workloads.ts'

/** What the generator is told to do with one server. */
export interface Job {
  /** Names the server's state that is kept between jobs: tokens, cookies. */
  target: string
  port: number
  dialect: Dialect
  workload: WorkloadId
  connections: number
  /** How long operations are begun. */
  seconds: number
  /** Operations a second of an open loop; without it each connection begins the next one when the last has ended. */
  rate?: number
  /** Operations at most, whatever the time. */
  most: number
  /** People that the flows are spread over. */
  people: number
  /** Tokens that the application introspects, its own, instead of some that are got first. */
  tokens?: readonly string[]
}

/** What came of a job. Latencies in milliseconds. */
export interface Outcome {
  operations: number
  requests: number
  seconds: number
  latency: { p50: number; p99: number; p999: number }
}

/** What goes to the generator's process, and what comes back. */
export type Order = { kind: 'prepare' | 'run' | 'probe'; job: Job }
export type Report =
  | { kind: 'done'; outcome: Outcome }
  | { kind: 'probed'; result: ProbeResult }
  | { kind: 'failed'; message: string }

/** What a server did with what must be refused, and what its right answer looks like. */
export interface ProbeResult {
  /** Sentences about what it should have refused and did not; empty for a server that may be measured. */
  accepted: string[]
  /** Names of the headers of the right answer, sorted. */
  headers: string[]
  /** Bytes of the right answer's body. */
  bytes: number
  status: number
}
