// Gives back the Buffer that hide-buffer took away.
import { hidden } from './hide-buffer.js'

globalThis.Buffer = hidden
