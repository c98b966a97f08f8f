// Something is opened over what is there.
import type { Opened } from '../state.ts'
import type { ConsoleStore } from '../store.ts'

export function open(store: ConsoleStore, what: Opened): void {
  store.setState({ opened: [...store.getState().opened, what] })
}
