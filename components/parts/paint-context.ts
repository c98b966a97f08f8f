import { createContext } from 'react'
import type { Paint } from '../paint.ts'

/** How lines become text on this terminal. */
export const PaintContext = createContext<Paint>(line => line.map(piece => piece.text).join(''))
