import { useInput } from 'ink'
import { keysOf } from '../../src/console/key-names.ts'

/** Gives every key press to `press`, by its name. Draws nothing and is never drawn again. */
export function useKeys(press: (key: string) => void): void {
  useInput((input, key) => {
    for (const name of keysOf(input, key)) press(name)
  })
}
