import { MemoryStore } from '../../src/store/memory.ts'
import { interleavings } from './interleavings.ts'

interleavings('memory', async () => new MemoryStore(), 2000)
