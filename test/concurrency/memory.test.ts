import { MemoryStore } from '../../src/store/memory.ts'
import { runs } from '../support/runs.ts'
import { interleavings } from './interleavings.ts'

interleavings('memory', async () => new MemoryStore(), runs(2000))
